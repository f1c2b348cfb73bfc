"""What other people's scripts do with a manifest, side by side with `tng` in the same run.

Two are written here as the published scripts and importers have them: python-jose over the JWS
with the signer's public key as PEM (Microchip's sample notebook, thingpress' handler, both not on
PyPI), and the same with the chain checked by ``cryptography`` as people add it. Two are
Microchip's own packages from PyPI (`bench.peer_packages`), downloaded only where asked to.

None of them does what `tng` does, and the table says what each leaves out.
"""

import io
import json
import statistics
import time
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jose import jws
from rich.table import Table

from bench.figures import Figures, Settings, plain_table
from bench.inputs import Inputs, make_inputs
from bench.peer_packages import PEER_PACKAGES, package_runs
from bench.verifying import status_of
from tng.models import Status
from tng.scan import Scan
from tng.trust.store import TrustStore, added_material, built_in_material
from tng.verify.policy import VerificationPolicy
from tng.verify.verifier import Verifier

_ENTRIES, _QUICK_ENTRIES = 10_000, 100
_THINGPRESS_TO_LIMIT = 4_400 / 7_250
"""thingpress' handler, JWS alone: 4,400 entries a second on a core that makes 7,250 times two
verifications. It is not on PyPI; this was measured on another machine of this kind."""

_SIGNATURES = 2
_MESSAGE = bytes(450)
"""As long as the signed part of a device certificate."""

_WRITTEN = {
    "jws": (
        "python-jose, JWS alone",
        "no chain, no ids compared, any signer's name believed, one core, file in memory",
    ),
    "chain": (
        "python-jose and cryptography, JWS and chain",
        "no dates, CA flags, usages or deny list; no ids compared, one core, file in memory",
    ),
}
"""Name in the figures → how it is called, and what it leaves out."""


def measure_peers(settings: Settings) -> Figures:
    """Microseconds a device of the limit, each peer and `tng`, in turn, one core each."""
    entries = _QUICK_ENTRIES if settings.quick else _ENTRIES
    inputs = make_inputs(settings.folder, (entries,))
    manifest = inputs.manifests[entries]
    candidates: dict[str, Callable[[], int]] = {
        "limit": lambda: _bare(entries),
        "jws": lambda: verify_jws(manifest, inputs.signer),
        "chain": lambda: verify_jws_and_chain(manifest, inputs.signer, inputs.root),
        "tng": lambda: _verify(inputs, manifest, 1),
        "tng_all_cores": lambda: _verify(inputs, manifest, 0),
    }
    runs: dict[str, Callable[[], float]] = {
        name: partial(_timed, run, entries) for name, run in candidates.items()
    }
    if settings.peers:
        runs |= package_runs(settings, manifest, inputs.signer, entries)
    figures = {"peers_entries": float(entries)}
    for name, seconds in _in_turn(runs, settings.rounds).items():
        figures[f"peers_{name}_us"] = seconds / entries * 1e6
    thingpress = figures["peers_limit_us"] / _THINGPRESS_TO_LIMIT
    figures["peers_tng_to_thingpress"] = thingpress / figures["peers_tng_all_cores_us"]
    return figures


def peers_tables(figures: Figures) -> Iterable[Table]:
    """One row each, with the devices a second and what is left out."""
    table = plain_table(
        f"side by side, {figures['peers_entries']:,.0f} entries", _HEADINGS, _rows(figures)
    )
    table.columns[-1].justify = "left"
    yield table


_HEADINGS = ("one core unless it says otherwise", "us a device", "devices/s", "leaves out")


def _rows(figures: Figures) -> Iterable[tuple[str, str, str, str]]:
    named = {
        "limit": ("limit: two bare P-256 verifications", "everything but two signatures"),
        **_WRITTEN,
        **{package.name: (package.title, package.leaves_out) for package in PEER_PACKAGES},
        "tng": ("tng", "nothing"),
        "tng_all_cores": ("tng, all cores", "nothing"),
    }
    for name, (title, leaves_out) in named.items():
        key = f"peers_{name}_us"
        if key in figures:
            yield title, f"{figures[key]:.0f}", f"{1e6 / figures[key]:,.0f}", leaves_out


def verify_jws(manifest: Path, signer: Path) -> int:
    """How many entries python-jose takes as signed by that certificate's key."""
    return len(_payloads(json.loads(manifest.read_bytes()), _public_pem(signer)))


def verify_jws_and_chain(manifest: Path, signer: Path, root: Path) -> int:
    """The same, and each certificate of ``x5c`` issued by the next, the last by the root."""
    top = x509.load_pem_x509_certificate(root.read_bytes())
    payloads = _payloads(json.loads(manifest.read_bytes()), _public_pem(signer))
    for payload in payloads:
        for key in payload["publicKeySet"]["keys"]:
            chain = [x509.load_der_x509_certificate(b64decode(der)) for der in key.get("x5c", ())]
            for certificate, issuer in zip(chain, [*chain[1:], top], strict=False):
                certificate.verify_directly_issued_by(issuer)
    return len(payloads)


def _payloads(entries: list[dict[str, Any]], public_pem: str) -> list[dict[str, Any]]:
    return [
        json.loads(
            jws.verify(
                ".".join((entry["protected"], entry["payload"], entry["signature"])),
                public_pem,
                ["ES256"],
            )
        )
        for entry in entries
    ]


def _public_pem(signer: Path) -> str:
    key = x509.load_pem_x509_certificate(signer.read_bytes()).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _verify(inputs: Inputs, manifest: Path, jobs: int) -> int:
    store = TrustStore(built_in_material(), added_material([inputs.root], [inputs.signer], []))
    verifier = Verifier(store, VerificationPolicy(datetime.now(UTC)))
    found = Scan([str(manifest)], io.BytesIO(), jobs).results(verifier, status_of)
    return sum(status is Status.VERIFIED for status in found)


def _bare(entries: int) -> int:
    bare = _Bare.make()
    for _ in range(entries * _SIGNATURES):
        bare.public.verify(bare.signature, _MESSAGE, bare.algorithm)
    return entries


@dataclass(frozen=True, slots=True)
class _Bare:
    public: ec.EllipticCurvePublicKey
    signature: bytes
    algorithm: ec.ECDSA

    @classmethod
    def make(cls) -> "_Bare":
        key, algorithm = ec.generate_private_key(ec.SECP256R1()), ec.ECDSA(hashes.SHA256())
        return cls(key.public_key(), key.sign(_MESSAGE, algorithm), algorithm)


def _timed(candidate: Callable[[], int], entries: int) -> float:
    """Seconds that it takes. Raises `AssertionError` if it does not take every entry."""
    start = time.perf_counter()
    taken = candidate()
    seconds = time.perf_counter() - start
    if taken != entries:
        raise AssertionError(f"{taken} of {entries} entries")
    return seconds


def _in_turn(runs: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Median seconds of each."""
    samples: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            samples[name].append(run())
    return {name: statistics.median(values) for name, values in samples.items()}
