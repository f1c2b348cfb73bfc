"""Microchip Trust Platform manifests: signed secure elements in JSON."""

from tng.decode.microchip.decoder import MicrochipManifestDecoder

__all__ = ["MicrochipManifestDecoder"]
