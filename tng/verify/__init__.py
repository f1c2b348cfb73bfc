"""Deciding whether a device is genuine; no I/O, and the time is an argument."""
