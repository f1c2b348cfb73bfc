"""A ledger's name in ``tng.toml`` and in its variable: a file, or PostgreSQL without a password."""

from pathlib import Path

import pytest

from tng.config import load_settings
from tng.errors import ConfigurationError
from tng.ledger_location import PostgresLocation

URL = "postgresql://tng@db.example/fleet?sslmode=verify-full"
WITH_PASSWORD = "postgresql://tng:hidden@db.example/fleet"


def written(folder, name):
    file = folder / "tng.toml"
    file.write_text(f'[defaults]\nledger = "{name}"\n')
    return file


def test_a_file_is_relative_to_where_it_is_named(tmp_path):
    settings = load_settings(written(tmp_path, "work/l.db"), {}, Path("elsewhere"))
    assert settings.run.ledger == tmp_path / "work/l.db"
    settings = load_settings(None, {"TNG_LEDGER": "l.db"}, tmp_path)
    assert settings.run.ledger == tmp_path / "l.db"


def test_a_url_stays_as_it_is(tmp_path):
    expected = PostgresLocation(URL, "postgresql://db.example/fleet")
    assert load_settings(written(tmp_path, URL), {}, tmp_path).run.ledger == expected
    assert load_settings(None, {"TNG_LEDGER": URL}, tmp_path / "other").run.ledger == expected


def test_a_password_may_stand_in_the_variable_alone(tmp_path):
    with pytest.raises(ConfigurationError, match=r"tng\.toml \[defaults\]: .* a pass") as met:
        load_settings(written(tmp_path, WITH_PASSWORD), {}, tmp_path)
    assert "hidden" not in f"{met.value.message}{met.value.hint}"
    settings = load_settings(None, {"TNG_LEDGER": WITH_PASSWORD}, tmp_path / "other")
    assert isinstance(settings.run.ledger, PostgresLocation)
    assert settings.run.ledger.url == WITH_PASSWORD
    assert "hidden" not in repr(settings)
