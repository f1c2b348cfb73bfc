"""The parts of an XLSX that hold its cells, expanded and checked before any reader sees them.

A small zip may expand without end, and a small sheet may claim a cell in its last row and
column: readers reserve the room between. So every part is walked once with expat, and only
what passed is handed on, in a new zip (ECMA-376 part 1, §18.3; part 2).
"""

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from xml.parsers import expat

from tng.orders.limits import MAX_EXPANDED_BYTES, MAX_PARTS, MEBIBYTE
from tng.orders.problems import OrderFileError
from tng.orders.xlsx_check import PartCheck, PartError, SharedStringsCheck, SheetCheck

_SHARED_STRINGS = "xl/sharedStrings.xml"
_SHEETS = "xl/worksheets/"
_OTHERS = (
    "[Content_Types].xml",
    "_rels/.rels",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/styles.xml",
)
_CHUNK = 256 * 1024
_FAST = 1


def checked_parts(file: str, data: bytes) -> bytes:
    """A zip of the parts of the XLSX ``data`` that hold cells.

    Raises `OrderFileError` for what is not an XLSX, damaged, protected, or too large.
    """
    output = io.BytesIO()
    with (
        _converted(file),
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=_FAST) as target,
    ):
        _check_list(source)
        _copy_all(source, target)
    return output.getvalue()


def _check_list(source: zipfile.ZipFile) -> None:
    names = source.namelist()
    if "xl/workbook.xml" not in names:
        raise PartError("a zip without xl/workbook.xml", "an XLSX")
    if len(names) > MAX_PARTS:
        raise PartError(f"{len(names)} files within it", f"at most {MAX_PARTS}")
    if len(set(names)) != len(names):
        raise PartError("two files of the same name within it", "one of each")


def _copy_all(source: zipfile.ZipFile, target: zipfile.ZipFile) -> None:
    names = set(source.namelist())
    left = MAX_EXPANDED_BYTES
    strings = SharedStringsCheck()
    for name in _OTHERS:
        if name in names:
            left -= _copy(source, target, name, PartCheck(), left)
    if _SHARED_STRINGS in names:
        left -= _copy(source, target, _SHARED_STRINGS, strings, left)
    for name in sorted(names):
        if name.startswith(_SHEETS) and name.endswith(".xml"):
            left -= _copy(source, target, name, SheetCheck(strings.lengths), left)


def _copy(
    source: zipfile.ZipFile, target: zipfile.ZipFile, name: str, check: PartCheck, limit: int
) -> int:
    """Copy one part through its check; gives its size."""
    size = 0
    with source.open(name) as part, target.open(name, "w") as copy:
        while chunk := part.read(_CHUNK):
            size += len(chunk)
            if size > limit:
                raise PartError(
                    "more than it may expand to", f"at most {MAX_EXPANDED_BYTES // MEBIBYTE} MiB"
                )
            check.feed(chunk)
            copy.write(chunk)
        check.close()
    return size


@contextmanager
def _converted(file: str) -> Iterator[None]:
    try:
        yield
    except PartError as error:
        raise OrderFileError(
            f"{file}: found {error.found}, expected {error.expected}",
            "Save the sheet of the orders alone as XLSX, or as CSV UTF-8.",
        ) from error
    except expat.ExpatError as error:
        raise _damaged(file, f"XML: {error}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
        raise _damaged(file, "zip") from error
    except (NotImplementedError, RuntimeError) as error:
        raise _damaged(file, "zip, encrypted or of an unknown compression") from error


def _damaged(file: str, what: str) -> OrderFileError:
    return OrderFileError(
        f"{file}: found a damaged XLSX ({what}), expected a whole one",
        "Fetch it again, or save it as XLSX again.",
    )
