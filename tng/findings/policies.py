"""Checks of policy documents (``tng lint-policy``)."""

from tng.findings.model import Check

POLICIES: tuple[Check, ...] = ()
"""In the order in which ``tng checks`` lists them."""
