"""The whole workbook, written with XlsxWriter while the devices pass by.

Rows lie in temporary files until the workbook is put together, so that memory stays flat.
"""

import shutil
import tempfile
from datetime import UTC
from typing import BinaryIO

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError

from tng.audit.models import Audit
from tng.report.audit.xlsx.cells import CellWriter
from tng.report.audit.xlsx.comparisons import (
    LINE_COLUMNS,
    TARGET_COLUMNS,
    write_reconciliation,
    write_targets,
)
from tng.report.audit.xlsx.devices import FINDING_COLUMNS, device_columns, write_devices
from tng.report.audit.xlsx.summary import (
    CHECK_COLUMNS,
    summary_columns,
    write_checks,
    write_summary,
)
from tng.report.audit.xlsx.table import Table

_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


def write_xlsx(audit: Audit, stream: BinaryIO) -> None:
    """Write the workbook: Summary, Devices, Findings, Reconciliation, Targets, Checks.

    Raises `OSError` where the temporary files cannot be written.
    """
    with tempfile.TemporaryFile() as packed:
        book = Workbook(packed, _OPTIONS)
        book.use_zip64()
        book.set_properties(
            {
                "title": "Audit of secure elements",
                "created": audit.making.at.astimezone(UTC).replace(tzinfo=None),
            }
        )
        _write_sheets(audit, book)
        try:
            book.close()
        except FileCreateError as error:
            raise OSError(f"the workbook could not be put together: {error}") from error
        packed.seek(0)
        shutil.copyfileobj(packed, stream)


def _write_sheets(audit: Audit, book: Workbook) -> None:
    cells = CellWriter(book)
    left = CellWriter(book, numbers="left")
    write_summary(audit, Table(book, left, "Summary", summary_columns(audit), filtered=False))
    columns = device_columns([target.name for target in audit.targets])
    devices = Table(book, cells, "Devices", columns)
    findings = Table(book, cells, "Findings", FINDING_COLUMNS)
    write_devices(audit, devices, findings)
    write_reconciliation(audit, Table(book, cells, "Reconciliation", LINE_COLUMNS))
    write_targets(audit, Table(book, cells, "Targets", TARGET_COLUMNS))
    write_checks(audit, Table(book, cells, "Checks", CHECK_COLUMNS))
