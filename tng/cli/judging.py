"""What every command that verifies needs from its options: verifier and report context."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tng import __version__
from tng.errors import UsageError

if TYPE_CHECKING:
    from tng.audit.models import InputRole
    from tng.config import Settings
    from tng.report.interface import ReportContext
    from tng.verify.verifier import Verifier


@dataclass(frozen=True, slots=True)
class JudgingOptions:
    """The options that decide how devices are judged, as they were given."""

    config: Path | None = None
    trust_anchors: Sequence[Path] = field(default=())
    manifest_signers: Sequence[Path] = field(default=())
    intermediates: Sequence[Path] = field(default=())
    strict: bool = False
    at: str | None = None


def make_verifier(options: JudgingOptions) -> "tuple[Verifier, ReportContext, Settings]":
    """Read configuration and trust files, and make the verifier of this run."""
    from tng.config import load_settings
    from tng.report.interface import ReportContext
    from tng.trust.loading import load_store
    from tng.verify.policy import VerificationPolicy
    from tng.verify.verifier import Verifier

    settings = load_settings(options.config, os.environ, Path())
    store = load_store(
        settings.trust, options.trust_anchors, options.manifest_signers, options.intermediates
    )
    policy = VerificationPolicy(parse_time(options.at), options.strict)
    added = tuple((a.role.value, a.id, a.source) for a in store.anchors if not a.built_in)
    context = ReportContext(__version__, policy.at, policy.strict, added)
    return Verifier(store, policy), context, settings


def trust_files(
    options: JudgingOptions, settings: "Settings"
) -> "Iterator[tuple[InputRole, Path]]":
    """The files that add to what is trusted: those of ``tng.toml``, then those of flags."""
    from tng.audit.models import InputRole

    trust = settings.trust
    for role, paths in (
        (InputRole.TRUST_ANCHOR, (*trust.anchors, *options.trust_anchors)),
        (InputRole.MANIFEST_SIGNER, (*trust.manifest_signers, *options.manifest_signers)),
        (InputRole.INTERMEDIATE, (*trust.intermediates, *options.intermediates)),
    ):
        for path in paths:
            yield role, path


def parse_time(text: str | None) -> datetime:
    """An RFC 3339 time with its offset, or a date (midnight UTC); now, if there is none."""
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"--at {text} is not a time", "Write 2026-11-21 or 2026-11-21T12:00:00Z."
        ) from error
