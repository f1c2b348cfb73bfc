"""Fixtures for all tests, and their names."""

pytest_plugins = ["tests.emulators", "tests.cloud_cases.fixtures"]

_LONGEST_NAMED = 16


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Call long octets by their parameter: made anew by each process, they are never the same."""
    is_long = isinstance(val, bytes) and len(val) > _LONGEST_NAMED
    return argname if is_long else None
