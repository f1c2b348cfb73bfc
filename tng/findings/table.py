"""The table itself, and the only way to make a finding from it."""

from functools import lru_cache
from types import MappingProxyType

from tng.findings.auditing import AUDITING
from tng.findings.comparing import COMPARING
from tng.findings.model import Finding
from tng.findings.planning import PLANNING
from tng.findings.policies import POLICIES
from tng.findings.reading import READING
from tng.findings.requesting import REQUESTING
from tng.findings.verifying import VERIFYING

CHECKS = MappingProxyType(
    {
        check.code: check
        for check in READING + VERIFYING + REQUESTING + PLANNING + AUDITING + COMPARING + POLICIES
    }
)
"""Every check by its code, in the order in which ``tng checks`` lists them."""


# Devices of a batch earn the same notices with the same words.
@lru_cache(maxsize=1024)
def finding(code: str, message: str) -> Finding:
    """Make a finding of the check ``code``; an unknown code is a `KeyError`."""
    check = CHECKS[code]
    return Finding(code, check.severity, check.effect, message)
