"""Checks made while a registration is planned."""

from tng.findings.model import Check

PLANNING: tuple[Check, ...] = ()
