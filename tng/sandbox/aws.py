"""A local AWS IoT, ready to be registered in: emulator, front, accounts, configuration.

    with AwsSandbox() as sandbox:
        ...  # tng register --config {sandbox.files.configuration} --target sandbox-eu

Nothing outlives it: not the processes, not the ports, not the files.
"""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from tng.sandbox.accounts import DEFAULT_ACCOUNTS, SandboxAccount
from tng.sandbox.configuration import SandboxFiles
from tng.sandbox.emulator import Emulator, EmulatorProcess
from tng.sandbox.faults import Fault
from tng.sandbox.front import Front
from tng.sandbox.preparation import prepare_account
from tng.sandbox.quotas import AWS_DEFAULT_REGISTRATIONS, quotas_for
from tng.sandbox.record import DEFAULT_LIMIT, CallLog

UNLIMITED_RATE = 1000.0
"""Registrations a second written into ``tng.toml`` where the sandbox limits nothing."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox."""

    accounts: tuple[SandboxAccount, ...]
    front: Front
    files: SandboxFiles
    emulator: EmulatorProcess

    @property
    def endpoint_url(self) -> str:
        """One endpoint for IoT, STS and IAM of all accounts and regions."""
        return self.front.endpoint_url

    @property
    def environment(self) -> Mapping[str, str]:
        """Environment variables with which ``tng`` and the AWS CLI find the sandbox."""
        return {
            "AWS_SHARED_CREDENTIALS_FILE": str(self.files.credentials),
            "TNG_CONFIG": str(self.files.configuration),
        }


class AwsSandbox:
    """Starts a `Sandbox`; a context manager.

    ``directory`` takes ``tng.toml`` and the credentials (``None``: a temporary one).
    ``port`` is the front's, 0 a free one. ``rate`` is how many registrations a second an
    account may make in a region, the other quotas scale with it; 0 limits nothing. The
    faults begin after the accounts are prepared. ``log_limit`` is how many calls are kept.
    Raises `ConfigurationError` if the emulator is missing or does not start.
    """

    def __init__(
        self,
        accounts: Sequence[SandboxAccount] = DEFAULT_ACCOUNTS,
        *,
        emulator: Emulator = Emulator.MINISTACK,
        directory: Path | None = None,
        port: int = 0,
        rate: float = AWS_DEFAULT_REGISTRATIONS,
        faults: Sequence[Fault] = (),
        seed: int = 0,
        log_limit: int = DEFAULT_LIMIT,
    ) -> None:
        self._accounts = tuple(accounts)
        self._emulator = emulator
        self._directory = directory
        self._port = port
        self._rate = rate
        self._faults = tuple(faults)
        self._seed = seed
        self._log_limit = log_limit
        self._stack = ExitStack()

    def __enter__(self) -> Sandbox:
        with ExitStack() as stack:
            sandbox = self._start(stack)
            self._stack = stack.pop_all()
        return sandbox

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def _start(self, stack: ExitStack) -> Sandbox:
        emulator = stack.enter_context(EmulatorProcess(self._emulator))
        front = stack.enter_context(
            Front(emulator.port, port=self._port, seed=self._seed, log=CallLog(self._log_limit))
        )
        for account in self._accounts:
            prepare_account(front.port, account.account, account.region)
        front.log.clear()
        front.limit(quotas_for(self._rate))
        front.inject(*self._faults)
        files = SandboxFiles(self._directory or self._temporary_directory(stack))
        stack.callback(files.remove)
        files.write(self._accounts, front.endpoint_url, self._rate or UNLIMITED_RATE)
        return Sandbox(self._accounts, front, files, emulator)

    def _temporary_directory(self, stack: ExitStack) -> Path:
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tng-sandbox-files-")))
