"""Embedded clouds for the demo and the tests: emulators, and a front with quotas and faults."""
