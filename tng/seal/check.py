"""Checking a seal, that is: is this what was sealed, and by whom.

1. The statement and the signature are read, both bounded.
2. The key is the one that the checker named; the statement's own is looked at only to find it
   by its fingerprint.
3. The signature over exactly the statement's bytes, with the one algorithm of that key.
4. Only then is anything believed that the statement says: report and outputs by their plain
   names in the statement's folder, inputs as `tng.seal.inputs` finds them.
"""

from dataclasses import dataclass
from pathlib import Path

from tng.seal.errors import MalformedSealError, SealError
from tng.seal.files import digest_of, read_bounded, reason
from tng.seal.inputs import check_inputs
from tng.seal.jws import MAX_JWS_BYTES, verify_detached
from tng.seal.making import SIGNATURE_SUFFIX, STATEMENT_SUFFIX, SealFiles
from tng.seal.result import OUTPUT, REPORT, CheckedFile, FileState, SealResult, Signature
from tng.seal.statement import (
    MAX_STATEMENT_BYTES,
    SealedFile,
    Statement,
    read_statement,
)
from tng.seal.trusted import TrustedKey


@dataclass(frozen=True, slots=True)
class SealedPlace:
    """A seal's files, and the report or output that was named instead of them, if any."""

    files: SealFiles
    named: Path | None


def find_seal(path: Path) -> SealedPlace:
    """The seal that ``path`` names: statement, signature, or a file beside its statement.

    Raises `SealError` for a folder's name that no file can have.
    """
    if not path.name:
        raise SealError(f"{path} is no file", "Name the report, or its .seal.json.")
    for suffix in (STATEMENT_SUFFIX, SIGNATURE_SUFFIX):
        if path.name.endswith(suffix):
            return SealedPlace(_beside(path, path.name.removesuffix(suffix)), None)
    return SealedPlace(_beside(path, path.stem), path)


def _beside(path: Path, stem: str) -> SealFiles:
    return SealFiles(
        path.with_name(stem + STATEMENT_SUFFIX), path.with_name(stem + SIGNATURE_SUFFIX)
    )


def check_seal(
    path: Path, trusted: TrustedKey | None = None, inputs: Path | None = None
) -> SealResult:
    """Check the seal that ``path`` names (see `find_seal`).

    Inputs are looked for at their recorded paths, or in the folder ``inputs``: by these paths
    below it, then by their plain names; where a folder was named, all of them have to be there.
    Raises `SealError` where there is no seal to be read, or it is not one of the file named.
    """
    if inputs is not None and not inputs.is_dir():
        raise SealError(f"{inputs} is no folder", "Name the folder in which the inputs lie.")
    place = find_seal(path)
    octets = _read(place.files.statement, MAX_STATEMENT_BYTES, path)
    signature = _read(place.files.signature, MAX_JWS_BYTES, path)
    try:
        statement = read_statement(octets)
    except MalformedSealError as error:
        return SealResult(Signature.INVALID, None, f"the statement was changed: {error}", ())
    verdict, problem = _check_signature(signature, octets, statement, trusted)
    if problem:
        return SealResult(verdict, statement, problem, ())
    _require_sealed(place, statement)
    folder = place.files.statement.parent
    return SealResult(
        verdict,
        statement,
        "",
        (
            _check_file(REPORT, statement.report, folder),
            *(_check_file(OUTPUT, item, folder) for item in statement.outputs),
            *check_inputs(statement.inputs, inputs),
        ),
        inputs_required=inputs is not None,
    )


def _read(path: Path, most: int, asked: Path) -> bytes:
    try:
        return read_bounded(path, most)
    except OSError as error:
        raise SealError(
            f"there is no seal to check: {path} cannot be read: {reason(error)}",
            f"A sealed report has {asked.stem.removesuffix('.seal')}{STATEMENT_SUFFIX} and "
            f"{SIGNATURE_SUFFIX} beside it; name the first if it is called otherwise.",
        ) from error


def _check_signature(
    signature: bytes, octets: bytes, statement: Statement, trusted: TrustedKey | None
) -> tuple[Signature, str]:
    key = statement.key
    if trusted is not None and trusted.fingerprint != key.fingerprint:
        return Signature.OTHER_KEY, (
            f"the key of this seal is sha256:{key.fingerprint}, expected "
            f"sha256:{trusted.fingerprint}"
        )
    try:
        verify_detached(_one_line(signature), octets, key)
    except MalformedSealError as error:
        return Signature.INVALID, f"the statement or its signature was changed: {error}"
    return (Signature.UNTRUSTED if trusted is None else Signature.TRUSTED), ""


def _one_line(signature: bytes) -> str:
    try:
        return signature.decode("ascii").removesuffix("\n")
    except UnicodeDecodeError as error:
        raise MalformedSealError("the signature is not ASCII") from error


def _require_sealed(place: SealedPlace, statement: Statement) -> None:
    names = [item.name for item in (statement.report, *statement.outputs)]
    if len(set(names)) != len(names):
        raise SealError("the seal names a file twice", "Seal the report again.")
    if place.named is not None and place.named.name not in names:
        raise SealError(
            f"{place.named} is not among what {place.files.statement} seals: {', '.join(names)}",
            "Files that were renamed are checked under the names that they were sealed with.",
        )


def _check_file(role: str, item: SealedFile, folder: Path) -> CheckedFile:
    try:
        digest = digest_of(folder / item.name, item.size)
    except FileNotFoundError:
        return CheckedFile(role, item.name, FileState.MISSING)
    except OSError as error:
        return CheckedFile(role, item.name, FileState.CHANGED, reason(error))
    same = digest is not None and digest.sha256 == item.sha256
    return CheckedFile(role, item.name, FileState.UNCHANGED if same else FileState.CHANGED)
