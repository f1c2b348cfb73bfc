"""``tng trust``: who is trusted, with fingerprints and sources."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tng.cli import options
from tng.errors import UsageError

if TYPE_CHECKING:
    from tng.trust.anchor import Anchor
    from tng.trust.store import TrustStore

trust = typer.Typer(
    help="Show trust anchors, intermediates and manifest signers.", no_args_is_help=True
)


@trust.command("list")
def list_anchors(
    *,
    trust_anchor: options.TrustAnchorOption = [],
    manifest_signer: options.ManifestSignerOption = [],
    config: options.ConfigOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of columns.")] = False,
) -> None:
    """List what is pinned, with the SHA-256 of each certificate."""
    store = _store(config, trust_anchor, manifest_signer)
    if as_json:
        import orjson

        typer.echo(orjson.dumps([_members(a) for a in store.anchors]).decode())
        return
    for anchor in store.anchors:
        typer.echo(
            f"{anchor.id:<32} {anchor.role.value:<15} {_origin(anchor):<22} "
            f"{anchor.certificate_sha256}"
        )


@trust.command("show")
def show(
    anchor_id: Annotated[str, typer.Argument(metavar="ID", help="Id or SHA-256 fingerprint.")],
    *,
    trust_anchor: options.TrustAnchorOption = [],
    manifest_signer: options.ManifestSignerOption = [],
    config: options.ConfigOption = None,
) -> None:
    """Show everything that is known of one of them."""
    from tng.report.text import printable

    anchor = _store(config, trust_anchor, manifest_signer).find(anchor_id)
    if anchor is None:
        raise UsageError(f"nothing is pinned as {anchor_id}", "`tng trust list` shows the ids")
    for label, value in _members(anchor).items():
        if value not in (None, ""):
            typer.echo(f"{label.replace('_', ' '):<24} {printable(value)}")


def _store(config: Path | None, anchors: list[Path], signers: list[Path]) -> "TrustStore":
    import os

    from tng.config import load_settings
    from tng.trust.loading import load_store

    settings = load_settings(config, os.environ, Path())
    return load_store(settings.trust, anchors, signers)


def _origin(anchor: "Anchor") -> str:
    if anchor.revoked:
        return "revoked"
    if not anchor.trusted:
        return "known, not trusted"
    return "built in" if anchor.built_in else "added"


def _members(anchor: "Anchor") -> dict[str, object]:
    identifier = anchor.subject_key_identifier
    return {
        "id": anchor.id,
        "vendor": anchor.vendor,
        "role": anchor.role.value,
        "origin": _origin(anchor),
        "subject": anchor.subject_text,
        "issuer": anchor.issuer_id,
        "serial_number": anchor.serial_number,
        "not_before": f"{anchor.not_before:%Y-%m-%d}",
        "not_after": f"{anchor.not_after:%Y-%m-%d}",
        "key": anchor.public_key.algorithm,
        "path_length": anchor.path_length,
        "subject_key_identifier": identifier.hex() if identifier else None,
        "certificate_sha256": anchor.certificate_sha256,
        "public_key_sha256": anchor.spki_sha256,
        "kid": anchor.key_id,
        "x5t_s256": anchor.thumbprint,
        "revoked": anchor.revoked,
        "note": anchor.note,
        "source": anchor.source,
    }
