"""Deciding what to do, without doing it: devices + ledger view + remote view → plan."""
