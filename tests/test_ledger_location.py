"""What a ledger's name is taken for, and what of it is ever told."""

from pathlib import Path

import pytest

from tng.errors import ConfigurationError
from tng.ledger_location import PostgresLocation, has_no_password, ledger_location

SECRETS = (
    "postgresql://tng:hidden@h/db",
    "postgresql://tng:@h/db",
    "postgresql://:hidden@h/db",
    "postgres://h/db?password=hidden",
    "postgresql://h/db?sslmode=require&p%61ssword=hidden",
    "postgresql://h/db?sslpassword=hidden",
    "postgresql://tng:hid:den@h1:1,h2:2/db",
)
UNCLEAR = (
    "postgresql://tng:hid/den@h/db",
    "postgresql://tng:hid?den@h/db",
    "postgresql://tng:hid#den@h/db",
    "postgresql://tng:12?hidden@h/db",
    "postgresql://tng:?hidden@h",
    "postgresql://tn?g:hidden@h/db",
    "postgresql://tng:12/hidden@h/db",
    "postgresql://tng@h:hidden/db",
    "postgresql://h/db?application_name=hid den",
    "postgresql://h/hid\x1bden",
    "postgresql:///hidden?host=/run/%1b[2J",
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://tng@db.example:5432/fleet", "postgresql://db.example:5432/fleet"),
        ("postgresql://h1:1,h2:2/fleet?sslmode=verify-full", "postgresql://h1:1,h2:2/fleet"),
        ("postgresql:///fleet?host=/run/postgresql", "postgresql:///run/postgresql/fleet"),
        ("postgresql://[::1]:5432/fleet", "postgresql://[::1]:5432/fleet"),
        ("postgresql://%2Frun%2Fpg/fleet", "postgresql:///run/pg/fleet"),
        ("postgresql://?service=ledger", "postgresql service ledger"),
        ("postgres://", "postgresql:///"),
    ],
)
def test_a_database_is_called_by_host_and_name(text, shown):
    location = ledger_location(text, "--ledger")
    assert isinstance(location, PostgresLocation)
    assert str(location) == shown
    assert location.url == text
    assert text not in repr(location) or text == shown


@pytest.mark.parametrize("text", ["ledger.db", "/var/lib/tng/ledger.db", "postgresql", "a:b.db"])
def test_everything_else_is_a_file(text):
    assert ledger_location(text, "--ledger") == Path(text)
    assert ledger_location(text, "tng.toml", Path("/etc/tng")) == Path("/etc/tng") / text


@pytest.mark.parametrize("text", ["postgresql:/h/db", "postgres:h"])
def test_a_url_with_a_slash_too_few_is_no_file(text):
    with pytest.raises(ConfigurationError, match="slash") as told:
        ledger_location(text, "--ledger")
    assert "h/db" not in str(told.value)


@pytest.mark.parametrize("text", SECRETS)
def test_a_password_belongs_into_the_environment_alone(text):
    with pytest.raises(ConfigurationError, match=r"tng\.toml: the ledger's URL has a pass") as met:
        ledger_location(text, "tng.toml")
    assert "hid" not in f"{met.value.message}{met.value.hint}"
    assert "PGPASSFILE" in met.value.hint
    location = ledger_location(text, "TNG_LEDGER", may_hold_secret=True)
    assert "hid" not in f"{location!r} {location}"
    assert not has_no_password(text)


@pytest.mark.parametrize("text", UNCLEAR)
def test_where_the_parts_are_not_clear_nothing_is_told(text):
    with pytest.raises(ConfigurationError, match="cannot be read") as met:
        ledger_location(text, "TNG_LEDGER", may_hold_secret=True)
    assert "hid" not in f"{met.value.message}{met.value.hint}"


@pytest.mark.parametrize("text", ["s3://bucket/ledger.db", "mysql://u:hidden@h/db", "HTTP://x"])
def test_other_urls_are_refused(text):
    with pytest.raises(ConfigurationError, match="a ledger is a file or in PostgreSQL") as met:
        ledger_location(text, "--ledger")
    assert "hidden" not in met.value.message
