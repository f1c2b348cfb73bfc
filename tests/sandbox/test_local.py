"""The whole sandbox and its command: accounts, files, signals."""

import os
import re
import shlex
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import botocore.session
import pytest
from botocore.config import Config

from tng.errors import ConfigurationError
from tng.sandbox.clouds import Emulator, LocalCloud
from tng.sandbox.faults import Fault, ServerError
from tng.sandbox.local import LocalClouds, RunningClouds
from tng.sandbox.preparation import device_policy


def _client_of(target: dict[str, str], credentials: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
    return botocore.session.Session(profile=target["profile"]).create_client(
        "iot",
        region_name=target["region"],
        endpoint_url=target["endpoint_url"],
        config=Config(retries={"total_max_attempts": 1}),
    )


def _targets(sandbox: RunningClouds):
    return tomllib.loads(sandbox.files.configuration.read_text())["targets"]


def test_both_accounts_can_be_used_as_tng_toml_says(
    aws_emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with LocalClouds(emulator=aws_emulator, directory=tmp_path / "box") as sandbox:
        targets = _targets(sandbox)
        assert list(targets) == ["sandbox-eu", "sandbox-us", "sandbox-dps"]
        for target in (targets["sandbox-eu"], targets["sandbox-us"]):
            client = _client_of(target, (sandbox.files.directory / "credentials"), monkeypatch)
            policy = client.get_policy(policyName=target["policy"])
            assert policy["policyArn"].split(":")[3:5] == [target["region"], target["account"]]
            client.describe_thing_type(thingTypeName=target["thing_type"])
            client.describe_thing_group(thingGroupName=target["thing_group"])
    assert not (tmp_path / "box").exists()


@pytest.mark.parametrize("cloud", LocalCloud)
def test_one_cloud_alone(cloud: LocalCloud, tmp_path: Path):
    with LocalClouds([cloud], directory=tmp_path) as sandbox:
        found = {target["cloud"] for target in _targets(sandbox).values()}
        assert found == {cloud.value}
    assert not list(tmp_path.iterdir())


def test_the_environment_file_is_a_shell_script(tmp_path: Path):
    with LocalClouds(directory=tmp_path / "b o'x") as sandbox:
        script = f"env -i bash -c '. \"$0\" && env' {shlex.quote(str(sandbox.environment_file))}"
        output = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
        lines = output.stdout.splitlines()
        assert all(f"{name}={value}" in lines for name, value in sandbox.environment.items())
        assert "SANDBOX_DPS_CONNECTION_STRING" in sandbox.environment


def test_preparation_is_neither_logged_nor_met_by_faults(tmp_path: Path):
    fault = Fault(ServerError(), count=None)
    with LocalClouds(directory=tmp_path, faults=[fault]) as sandbox:
        assert [log.total for log in sandbox.logs] == [0, 0]
    assert not list(tmp_path.iterdir())


def test_a_directory_that_cannot_be_made_is_a_clear_error(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="cannot write into"):
        LocalClouds(directory=tmp_path / "file" / "box").__enter__()


def test_a_foreign_file_is_refused_and_kept(tmp_path: Path):
    (tmp_path / "tng.toml").write_text("[defaults]\n")
    with pytest.raises(ConfigurationError, match="was not written by tng sandbox"):
        LocalClouds(directory=tmp_path).__enter__()
    assert [path.name for path in tmp_path.iterdir()] == ["tng.toml"]


def test_what_else_lies_in_the_directory_is_kept(tmp_path: Path):
    with LocalClouds(directory=tmp_path / "box") as sandbox:
        (sandbox.files.configuration.parent / "ledger.sqlite").touch()
    assert [path.name for path in (tmp_path / "box").iterdir()] == ["ledger.sqlite"]


def test_credentials_are_for_the_user_alone(tmp_path: Path):
    with LocalClouds(directory=tmp_path) as sandbox:
        assert (sandbox.files.directory / "credentials").stat().st_mode & 0o077 == 0


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
        lines = [process.stdout.readline() for _ in range(9)]
        assert "rate = 50" in (tmp_path / "box" / "tng.toml").read_text()
        exports = (tmp_path / "box" / "env").read_text()
        process.send_signal(number)
        _, talk = process.communicate(timeout=10)
    assert process.returncode == 0, talk
    assert lines[0] == f". {tmp_path}/box/env\n"
    assert f"export AWS_SHARED_CREDENTIALS_FILE={tmp_path}/box/credentials\n" in exports
    assert f"export TNG_CONFIG={tmp_path}/box/tng.toml\n" in exports
    every = "--target sandbox-eu --target sandbox-us --target sandbox-dps"
    assert lines[2] == f"tng register MANIFEST {every}\n"
    assert lines[4].startswith("tng check-device --cloud azure ")
    for line, target in zip(lines[5:7], ("sandbox-eu", "sandbox-us"), strict=True):
        assert line.startswith(f"tng connect --target {target} --address 127.0.0.1:")
        assert f"--ca-file {tmp_path}/box/sandbox-ca.pem" in line
    assert lines[7].startswith("tng connect --cloud azure --id-scope 0ne00000000 ")
    assert lines[8].startswith("tng fleet-provision REQUEST --endpoint ")
    assert f"--claim-key {tmp_path}/box/sandbox-eu-claim.key" in lines[8]
    assert "sandbox-us: " in talk
    assert "-ats.iot.us-east-1.amazonaws.com" in talk
    assert "sandbox stopped after 0 calls" in talk
    assert not (tmp_path / "box").exists()
    assert not list((tmp_path / "temporary").iterdir())
