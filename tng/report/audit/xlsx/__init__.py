"""XLSX: the audit as a workbook for procurement."""

from tng.report.audit.xlsx.workbook import write_xlsx

__all__ = ["write_xlsx"]
