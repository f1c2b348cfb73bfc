"""Fixtures for all tests."""

pytest_plugins = ["tests.emulators", "tests.cloud_cases.fixtures"]
