"""The whole sandbox and its command: accounts, files, signals."""

import os
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import botocore.session
import pytest
from botocore.config import Config

from tng.errors import ConfigurationError
from tng.sandbox.aws import AwsSandbox
from tng.sandbox.emulator import Emulator
from tng.sandbox.faults import Fault, ServerError
from tng.sandbox.preparation import device_policy


def _client_of(target: dict[str, str], credentials: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
    return botocore.session.Session(profile=target["profile"]).create_client(
        "iot",
        region_name=target["region"],
        endpoint_url=target["endpoint_url"],
        config=Config(retries={"total_max_attempts": 1}),
    )


def test_both_accounts_can_be_used_as_tng_toml_says(
    aws_emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with AwsSandbox(emulator=aws_emulator, directory=tmp_path / "box") as sandbox:
        targets = tomllib.loads(sandbox.files.configuration.read_text())["targets"]
        assert list(targets) == ["sandbox-eu", "sandbox-us"]
        for target in targets.values():
            client = _client_of(target, sandbox.files.credentials, monkeypatch)
            policy = client.get_policy(policyName=target["policy"])
            assert policy["policyArn"].split(":")[3:5] == [target["region"], target["account"]]
            client.describe_thing_type(thingTypeName=target["thing_type"])
            client.describe_thing_group(thingGroupName=target["thing_group"])
    assert not (tmp_path / "box").exists()


def test_preparation_is_neither_logged_nor_met_by_faults(tmp_path: Path):
    fault = Fault(ServerError(), count=None)
    with AwsSandbox(directory=tmp_path, faults=[fault]) as sandbox:
        assert sandbox.front.log.total == 0
    assert not list(tmp_path.iterdir())


def test_a_directory_that_cannot_be_made_is_a_clear_error(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="cannot write into"):
        AwsSandbox(directory=tmp_path / "file" / "box").__enter__()


def test_a_foreign_file_is_refused_and_kept(tmp_path: Path):
    (tmp_path / "tng.toml").write_text("[defaults]\n")
    with pytest.raises(ConfigurationError, match="was not written by tng sandbox"):
        AwsSandbox(directory=tmp_path).__enter__()
    assert [path.name for path in tmp_path.iterdir()] == ["tng.toml"]


def test_what_else_lies_in_the_directory_is_kept(tmp_path: Path):
    with AwsSandbox(directory=tmp_path / "box") as sandbox:
        (sandbox.files.configuration.parent / "ledger.sqlite").touch()
    assert [path.name for path in (tmp_path / "box").iterdir()] == ["ledger.sqlite"]


def test_credentials_are_for_the_user_alone(tmp_path: Path):
    with AwsSandbox(directory=tmp_path) as sandbox:
        assert sandbox.files.credentials.stat().st_mode & 0o077 == 0


def test_the_device_policy_lets_a_device_speak_as_itself_alone():
    policy = device_policy()
    assert "".join(policy.split()).count("${iot:Connection.Thing.ThingName}") == 5
    assert not re.search(r'"(iot:)?\*"', policy)
    assert len("".join(policy.split())) <= 2048


_COMMAND = """
import sys, typer
from tng.cli.sandbox import sandbox
typer.run(sandbox)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_prints_what_to_do_and_stops_cleanly(tmp_path: Path, number: signal.Signals):
    environment = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
    (tmp_path / "temporary").mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", _COMMAND, "--directory", "box", "--rate", "50"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env=environment,
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(5)]
        assert "rate = 50" in (tmp_path / "box" / "tng.toml").read_text()
        process.send_signal(number)
        _, talk = process.communicate(timeout=10)
    assert process.returncode == 0, talk
    assert lines[0] == f"export AWS_SHARED_CREDENTIALS_FILE={tmp_path}/box/credentials\n"
    assert lines[1] == f"export TNG_CONFIG={tmp_path}/box/tng.toml\n"
    assert lines[3].startswith("tng register MANIFEST --target sandbox-eu --target sandbox-us")
    assert "sandbox stopped after 0 calls" in talk
    assert not (tmp_path / "box").exists()
    assert not list((tmp_path / "temporary").iterdir())
