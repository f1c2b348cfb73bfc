"""Turning what vendors ship into device entries; knows nothing about trust."""
