"""Fixtures: the emulators, a fresh front before them, and accounts nobody else uses.

An emulator lives as long as the session (with xdist: one per worker). Tests are kept
apart by account: each gets new twelve-digit ids, so nothing is ever restarted or cleaned.

    def test_something(cloud):            # runs once per emulator
        client = cloud.client("iot")
        cloud.front.inject(Fault(LostReply(When.AFTER), "AttachPolicy"))
        ...
        assert not cloud.front.log.writes()
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.config import Config

from tng.sandbox.accounts import SandboxAccount
from tng.sandbox.aws import aws_sections, credentials_file
from tng.sandbox.configuration import SandboxFiles
from tng.sandbox.emulator import Emulator, EmulatorProcess
from tng.sandbox.front import Front
from tng.sandbox.preparation import prepare_account


def new_account() -> str:
    """An account id that no other test has."""
    return f"{secrets.randbelow(9 * 10**11) + 10**11}"


@dataclass(frozen=True)
class CloudUnderTest:
    """An emulator behind a front of the test's own, with two accounts of its own.

    ``eu`` and ``us`` are prepared: policy, thing type and thing group of
    `tng.sandbox.preparation` exist. The log is empty, nothing is limited or injected.
    """

    emulator: Emulator
    front: Front
    eu: SandboxAccount
    us: SandboxAccount
    _session: botocore.session.Session = field(default_factory=botocore.session.Session)

    @property
    def endpoint_url(self) -> str:
        return self.front.endpoint_url

    def client(
        self, service: str, account: SandboxAccount | None = None, *, attempts: int = 1, **more: Any
    ) -> Any:
        """An SDK client of an account (default: ``eu``); by default it never retries."""
        of = account or self.eu
        return self._session.create_client(
            service,
            region_name=of.region,
            endpoint_url=self.endpoint_url,
            aws_access_key_id=of.account,
            aws_secret_access_key="sandbox",
            config=Config(retries={"total_max_attempts": attempts}, **more),
        )


@pytest.fixture(scope="session")
def ministack() -> Iterator[EmulatorProcess]:
    with EmulatorProcess(Emulator.MINISTACK) as process:
        yield process


@pytest.fixture(scope="session")
def moto() -> Iterator[EmulatorProcess]:
    with EmulatorProcess(Emulator.MOTO) as process:
        yield process


@pytest.fixture(
    params=[Emulator.MINISTACK, pytest.param(Emulator.MOTO, marks=pytest.mark.slow)], ids=str
)
def aws_emulator(request: pytest.FixtureRequest) -> Emulator:
    """Which emulator: a test that uses it runs once with each, with the second in CI only."""
    emulator: Emulator = request.param
    return emulator


@contextmanager
def open_cloud(process: EmulatorProcess, emulator: Emulator) -> Iterator[CloudUnderTest]:
    """A running emulator behind a fresh front, with fresh accounts."""
    eu = SandboxAccount(new_account(), "eu-central-1", "sandbox-eu")
    us = SandboxAccount(new_account(), "us-east-1", "sandbox-us")
    with Front(process.port) as front:
        for account in (eu, us):
            prepare_account(front.port, account.account, account.region)
        front.log.clear()
        yield CloudUnderTest(emulator, front, eu, us)


@pytest.fixture
def cloud(aws_emulator: Emulator, request: pytest.FixtureRequest) -> Iterator[CloudUnderTest]:
    """Each emulator in turn, behind a fresh front, with fresh accounts."""
    with open_cloud(request.getfixturevalue(aws_emulator.value), aws_emulator) as opened:
        yield opened


@pytest.fixture
def ministack_cloud(ministack: EmulatorProcess) -> Iterator[CloudUnderTest]:
    """The default emulator only, for tests whose subject is not the cloud."""
    with open_cloud(ministack, Emulator.MINISTACK) as opened:
        yield opened


@pytest.fixture
def cloud_files(
    cloud: CloudUnderTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> SandboxFiles:
    """``tng.toml`` with targets sandbox-eu and sandbox-us, and credentials in the environment."""
    files = SandboxFiles(tmp_path / "configuration")
    accounts = (cloud.eu, cloud.us)
    credentials = credentials_file(accounts)
    files.write(aws_sections(accounts, cloud.endpoint_url, rate=1000), (credentials,))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(files.directory / credentials.name))
    monkeypatch.setenv("TNG_CONFIG", str(files.configuration))
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return files
