"""The report formats by name; a new one is a file beside this and its line here."""

from typing import BinaryIO

from tng.report.columns import ColumnsReport
from tng.report.csv_report import CsvReport
from tng.report.interface import Report
from tng.report.json_report import JsonLinesReport, JsonReport
from tng.report.markdown import MarkdownReport


def make_report(name: str, stream: BinaryIO, *, colored: bool, with_notices: bool) -> Report:
    """The report of that format; ``colored`` and ``with_notices`` are for columns alone."""
    match name:
        case "json":
            return JsonReport(stream)
        case "jsonl":
            return JsonLinesReport(stream)
        case "csv":
            return CsvReport(stream)
        case "markdown":
            return MarkdownReport(stream)
        case "columns":
            return ColumnsReport(stream, colored=colored, with_notices=with_notices)
        case _:
            raise ValueError(f"no report format is called {name}")
