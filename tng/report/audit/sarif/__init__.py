"""SARIF 2.1.0: the audit's findings for code scanning."""

from tng.report.audit.sarif.log import write_sarif

__all__ = ["write_sarif"]
