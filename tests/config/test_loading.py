"""Reading ``tng.toml`` and ``TNG_*``: strict, layered, without secrets."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tng.clouds.registry import select_targets
from tng.config import load_settings
from tng.errors import ConfigurationError

FULL = """
[trust]
anchors = "extra-root.pem"
manifest_signers = ["signers/one.crt", "/abs/two.crt"]

[defaults]
ledger = "work/ledger.sqlite"
threads = 24
policy = "fleet"

[targets.eu]
cloud = "aws"
region = "eu-central-1"
account = "111111111111"
thing_name = "{device_id}"
thing_group = ["reel-7", "all"]
attributes = { part = "{part_number}" }
rates = { AttachPolicy = 30 }

[targets.us]
cloud = "aws"
region = "us-east-1"
policy = "fleet-us"
status = "inactive"
"""


def load(tmp_path: Path, text: str | None = None, **environment):
    if text is not None:
        (tmp_path / "tng.toml").write_text(text)
    return load_settings(None, environment, tmp_path)


def refusal(tmp_path, text: str | None = None, **environment) -> ConfigurationError:
    flags = {"cloud": "aws", "region": "eu-central-1"}
    with pytest.raises(ConfigurationError) as caught:
        select_targets(load(tmp_path, text, **environment), (), flags)
    assert caught.value.hint
    return caught.value


def test_without_a_file_everything_is_default(tmp_path):
    settings = load(tmp_path)
    assert settings.file is None
    assert settings.targets == ()
    assert settings.run.threads is None


def test_paths_are_relative_to_the_file(tmp_path):
    settings = load(tmp_path, FULL)
    assert settings.file == tmp_path / "tng.toml"
    assert settings.trust.anchors == (tmp_path / "extra-root.pem",)
    assert settings.trust.manifest_signers == (
        tmp_path / "signers/one.crt",
        Path("/abs/two.crt"),
    )
    assert settings.run.ledger == tmp_path / "work/ledger.sqlite"
    assert settings.run.threads == 24


def test_a_file_is_named_by_argument_or_variable(tmp_path):
    other = tmp_path / "other.toml"
    other.write_text('[trust]\nintermediates = "ca.pem"\n')
    by_variable = load_settings(None, {"TNG_CONFIG": "other.toml"}, tmp_path)
    by_argument = load_settings(other, {"TNG_CONFIG": "absent.toml"}, Path("/"))
    assert by_variable.trust == by_argument.trust
    assert by_argument.trust.intermediates == (tmp_path / "ca.pem",)


def test_a_variable_wins_over_the_file(tmp_path):
    settings = load(tmp_path, FULL, TNG_LEDGER="else.sqlite", TNG_THREADS="3")
    assert settings.run.ledger == tmp_path / "else.sqlite"
    assert settings.run.threads == 3


@pytest.mark.parametrize(
    ("text", "key", "hint"),
    [
        ("[trust]\nanchor = 'a.pem'", "anchor", "'anchors'"),
        ("[target.eu]\ncloud = 'aws'", "target", "'targets'"),
        ("[defaults]\nregoin = 'x'", "regoin", "'region'"),
        ("[targets.eu]\ncloud = 'aws'\nthing_naem = 'x'", "thing_naem", "'thing_name'"),
        ("[targets.eu]\ncloud = 'aws'\nzzz = 'x'", "zzz", "Known:"),
        ("[targets.eu]\ncloud = 'aws'\nledger = 'x'", "ledger", "Known:"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest(tmp_path, text, key, hint):
    error = refusal(tmp_path, text)
    assert repr(key) in error.message
    assert hint in error.hint


@pytest.mark.parametrize("key", ["aws_secret_access_key", "session_token", "aws_access_key_id"])
def test_secrets_are_refused_and_not_repeated(tmp_path, key):
    error = refusal(tmp_path, f"[targets.eu]\ncloud = 'aws'\n{key} = 'hunter2'")
    assert "secrets do not belong there" in error.message
    assert "profile" in error.hint
    assert "hunter2" not in error.message + error.hint


def test_an_unknown_variable_is_refused(tmp_path):
    error = refusal(tmp_path, TNG_REGOIN="x")
    assert "TNG_REGOIN" in error.message
    assert "'region'" in error.hint


@pytest.mark.parametrize(
    "text",
    [
        "trust = 1",
        "targets = []",
        "[targets]\neu = 1",
        "[targets.eu]\nregion = 'eu-central-1'",
        "[targets.eu]\ncloud = 'gcp'",
        "[trust]\nanchors = 1",
        "[trust]\nanchors = ['']",
        "[trust]\nanchors = ['a', 'a']",
        "[defaults]\nthreads = 1.5",
        "[defaults]\nthreads = 0",
        "[defaults]\nthreads = true",
        "[defaults]\nledger = ''",
        "[defaults",
        "\x00",
    ],
)
def test_values_of_the_wrong_kind_are_refused(tmp_path, text):
    message = refusal(tmp_path, text).message
    assert "tng.toml" in message or "target 'eu'" in message


def test_a_variable_that_is_no_number_is_refused(tmp_path):
    assert "TNG_THREADS" in refusal(tmp_path, TNG_THREADS="many").message


def test_a_file_that_is_not_there_or_too_large_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match=r"absent\.toml"):
        load_settings(tmp_path / "absent.toml", {}, tmp_path)
    with pytest.raises(ConfigurationError):
        load_settings(tmp_path, {}, tmp_path)
    assert "larger" in refusal(tmp_path, "#" * 1_100_000).message


@given(text=st.text(max_size=80) | st.just("a=" + "[" * 50_000))
def test_any_text_is_settings_or_a_configuration_error(text, tmp_path_factory):
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    with suppress(ConfigurationError):
        load_settings(file, {}, file.parent)
