"""Which ways to a server a person is warned of."""

import pytest

pytest.importorskip("psycopg", reason="psycopg is not installed")

from tng.ledger.postgres.connection import weakness_of  # needs psycopg

HERE = (("", ""), ("/run/postgresql", ""), ("@abstract", ""), ("localhost", "127.0.0.1"),
        ("::1", "::1"))  # fmt: skip


@pytest.mark.parametrize(("host", "address"), HERE)
def test_nobody_is_between_on_this_machine(host, address):
    assert weakness_of(host, address, "prefer", encrypted=False) is None


def test_elsewhere_only_a_proven_server_goes_without_a_word():
    way = ("db.example", "192.0.2.1")
    assert weakness_of(*way, "verify-full", encrypted=True) is None
    assert "not encrypted" in weakness_of(*way, "prefer", encrypted=False)
    for mode in ("prefer", "require", "verify-ca"):
        assert f"sslmode={mode} does not prove" in weakness_of(*way, mode, encrypted=True)
    assert "\x1b" not in weakness_of("\x1b[2J", "192.0.2.1", "prefer", encrypted=False)
