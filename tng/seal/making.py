"""Laying a seal upon a report that has been written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from tng.audit.models import AuditInput, Making
from tng.errors import UsageError
from tng.report.rows import timestamp
from tng.seal.errors import SealError
from tng.seal.files import FileDigest, digest_of, reason
from tng.seal.interface import SigningKey
from tng.seal.jws import sign_detached
from tng.seal.statement import (
    MAX_STATEMENT_BYTES,
    SealedFile,
    SealedInput,
    Statement,
    is_plain_name,
    statement_bytes,
)

_NOTHING_KNOWN: Mapping[Path, FileDigest] = MappingProxyType({})
STATEMENT_SUFFIX = ".seal.json"
SIGNATURE_SUFFIX = ".seal.jws"


@dataclass(frozen=True, slots=True)
class Seal:
    """The bytes of the two files of a seal."""

    statement: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class SealFiles:
    """Where the two files of a seal are: beside the report."""

    statement: Path
    signature: Path


def seal_files(report: Path) -> SealFiles:
    """The places of the seal of ``audit.json``: ``audit.seal.json`` and ``audit.seal.jws``."""
    return SealFiles(
        report.with_name(report.stem + STATEMENT_SUFFIX),
        report.with_name(report.stem + SIGNATURE_SUFFIX),
    )


def require_sealable(outputs: Sequence[Path], report: Path | None) -> Path:
    """The report that a seal would be laid upon; `UsageError` where that cannot be.

    To be asked before the work begins. ``report`` is the one of ``outputs`` that is JSON. All
    lie in one folder, because a seal names files without their folders.
    """
    if report is None:
        raise UsageError(
            "a seal is laid upon the JSON report, and none is written to a file",
            "Add --output audit.json to --sign.",
        )
    names = [path.name for path in (*outputs, *_as_tuple(seal_files(report)))]
    if len({path.parent.resolve() for path in outputs}) > 1:
        raise UsageError(
            "the outputs lie in several folders, and a seal holds those of one together",
            "Write all outputs of a sealed audit into the same folder.",
        )
    if len(set(names)) != len(names):
        raise UsageError(
            "two outputs, or an output and the seal, have the same name", "Rename one."
        )
    for path in outputs:
        _require_regular(path)
    return report


def _as_tuple(files: SealFiles) -> tuple[Path, Path]:
    return files.statement, files.signature


def _require_regular(path: Path) -> None:
    if not is_plain_name(path.name) or not _is_text(path.name):
        raise UsageError(f"{path.name!r} is no name that a seal can hold", "Rename the output.")
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is no file that could be sealed", "Name a file as --output.")


def _is_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def make_seal(
    key: SigningKey,
    making: Making,
    inputs: Sequence[AuditInput],
    outputs: Sequence[Path],
    report: Path,
    written: Mapping[Path, FileDigest] = _NOTHING_KNOWN,
) -> Seal:
    """State what the written files are, and sign it; ``outputs`` may or may not have the report.

    ``written`` is what was put into files, as far as it is known. Raises `SealError` for a file
    that cannot be read again or holds something else by now, `TngError` where signing fails.
    """
    statement = statement_bytes(
        Statement(
            version=making.tool_version,
            at=timestamp(making.at),
            command=making.command,
            report=_sealed(report, written),
            outputs=tuple(_sealed(path, written) for path in outputs if path != report),
            inputs=tuple(SealedInput(item.role.value, item.path, item.sha256) for item in inputs),
            key=key.public_key,
        )
    )
    if len(statement) > MAX_STATEMENT_BYTES:
        raise SealError(
            f"the seal would name {len(inputs):,} inputs and take {len(statement):,} bytes",
            f"At most {MAX_STATEMENT_BYTES:,} are allowed: audit fewer files at once.",
        )
    return Seal(statement, f"{sign_detached(key, statement)}\n".encode("ascii"))


def _sealed(path: Path, written: Mapping[Path, FileDigest]) -> SealedFile:
    try:
        digest = digest_of(path)
    except OSError as error:
        raise SealError(
            f"{path} cannot be sealed: {reason(error)}", "Write the report to a file."
        ) from error
    if digest is None:
        raise AssertionError("no size was expected")
    if digest != written.get(path, digest):
        raise SealError(
            f"{path} was changed by somebody else before it could be sealed",
            "Write into a folder that nobody else may write into, and audit again.",
        )
    return SealedFile(path.name, digest.sha256, digest.size)
