"""The forms of an audit's report by name; a new one is a file beside this and its line here."""

from enum import StrEnum
from pathlib import PurePath
from typing import TYPE_CHECKING, BinaryIO, assert_never

if TYPE_CHECKING:
    from tng.audit.models import Audit


class AuditForm(StrEnum):
    """Forms of the report, as ``--format`` spells them."""

    HTML = "html"
    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"
    MARKDOWN = "markdown"
    JUNIT = "junit"
    SARIF = "sarif"


SUFFIXES = {
    ".html": AuditForm.HTML,
    ".htm": AuditForm.HTML,
    ".xlsx": AuditForm.XLSX,
    ".csv": AuditForm.CSV,
    ".json": AuditForm.JSON,
    ".md": AuditForm.MARKDOWN,
    ".markdown": AuditForm.MARKDOWN,
    ".xml": AuditForm.JUNIT,
    ".sarif": AuditForm.SARIF,
}
"""The form that a file's name stands for."""


def form_of(path: PurePath) -> AuditForm | None:
    """The form that the file's name stands for; ``None`` for an unknown one."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    # GitHub's uploads are often called report.sarif.json.
    if suffixes[-2:] == [".sarif", ".json"]:
        return AuditForm.SARIF
    return SUFFIXES.get(suffixes[-1]) if suffixes else None


def write_audit(form: AuditForm, audit: "Audit", stream: BinaryIO) -> None:
    """Write the report in that form; the same audit gives the same bytes."""
    # Each form's libraries are loaded when it is asked for.
    match form:
        case AuditForm.HTML:
            from tng.report.audit.html import write_html as write
        case AuditForm.XLSX:
            from tng.report.audit.xlsx import write_xlsx as write
        case AuditForm.CSV:
            from tng.report.audit.csv_form import write_csv as write
        case AuditForm.JSON:
            from tng.report.audit.json_form import write_json as write
        case AuditForm.MARKDOWN:
            from tng.report.audit.markdown import write_markdown as write
        case AuditForm.JUNIT:
            from tng.report.audit.junit import write_junit as write
        case AuditForm.SARIF:
            from tng.report.audit.sarif import write_sarif as write
        case _:
            assert_never(form)
    write(audit, stream)
