"""What checks say: findings, and the one table of the checks behind them.

Every finding carries the code of a check in the table, so that a report, the
documentation and ``tng checks`` can never speak of different things. The table
is written down by topic (`reading`, `verifying`, `planning`, `auditing`, `comparing`) and joined
here.
"""

from tng.findings.model import Check, Effect, Finding, Severity
from tng.findings.table import CHECKS, finding

__all__ = ["CHECKS", "Check", "Effect", "Finding", "Severity", "finding"]
