"""The files that let ``tng`` use a sandbox: ``tng.toml``, AWS credentials, the policy.

Written into one directory and removed again. A ``tng.toml`` that somebody else wrote is
never touched.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from tng.errors import ConfigurationError
from tng.sandbox.accounts import SandboxAccount
from tng.sandbox.preparation import POLICY_NAME, THING_GROUP, THING_TYPE, device_policy

CONFIGURATION_FILE = "tng.toml"
CREDENTIALS_FILE = "credentials"
POLICY_FILE = "device-policy.json"

_MARK = "# Written by `tng sandbox`; removed when it stops."


class SandboxFiles:
    """The files of one sandbox in ``directory``."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory.absolute()
        self._made_directory = False
        self._written: list[Path] = []

    @property
    def configuration(self) -> Path:
        """``tng.toml``, absolute."""
        return self._directory / CONFIGURATION_FILE

    @property
    def credentials(self) -> Path:
        """For ``AWS_SHARED_CREDENTIALS_FILE``, absolute."""
        return self._directory / CREDENTIALS_FILE

    @property
    def policy(self) -> Path:
        """The policy document, for ``--create-policy``."""
        return self._directory / POLICY_FILE

    def write(self, accounts: Sequence[SandboxAccount], endpoint_url: str, rate: float) -> None:
        """Write all files; ``rate`` is registrations a second and target.

        Raises `ConfigurationError` if something else is in the way.
        """
        try:
            self._made_directory = not self._directory.exists()
            self._directory.mkdir(parents=True, exist_ok=True)
            for path, text in self._texts(accounts, endpoint_url, rate).items():
                _refuse_stranger(path)
                path.touch(mode=0o600)
                path.write_text(text, "utf-8")
                self._written.append(path)
        except OSError as error:
            raise ConfigurationError(
                f"cannot write into {self._directory}: {os.strerror(error.errno or 0)}",
                hint="choose another --directory",
            ) from error

    def remove(self) -> None:
        """Remove what `write` wrote, and the directory if it made it and it is empty."""
        while self._written:
            self._written.pop().unlink(missing_ok=True)
        if self._made_directory and self._directory.exists() and not any(self._directory.iterdir()):
            self._directory.rmdir()

    def _texts(
        self, accounts: Sequence[SandboxAccount], endpoint_url: str, rate: float
    ) -> dict[Path, str]:
        return {
            self.configuration: _toml(accounts, endpoint_url, rate),
            self.credentials: _credentials(accounts),
            self.policy: device_policy(),
        }


def _refuse_stranger(path: Path) -> None:
    if not path.exists():
        return
    text = path.read_text("utf-8", "replace")
    # JSON has no place for the mark; the policy is known by its content.
    if not text.startswith(_MARK) and text != device_policy():
        raise ConfigurationError(
            f"{path} is there already and was not written by tng sandbox",
            hint="choose another --directory",
        )


def _toml(accounts: Sequence[SandboxAccount], endpoint_url: str, rate: float) -> str:
    lines = [_MARK]
    for account in accounts:
        lines += [
            "",
            f"[targets.{account.target}]",
            'cloud = "aws"',
            f'account = "{account.account}"',
            f'region = "{account.region}"',
            f'profile = "{account.profile}"',
            f'endpoint_url = "{endpoint_url}"',
            f'policy = "{POLICY_NAME}"',
            'thing_name = "{device_id}"',
            f'thing_type = "{THING_TYPE}"',
            f'thing_group = "{THING_GROUP}"',
            f"rate = {rate:g}",
        ]
    return "\n".join([*lines, ""])


def _credentials(accounts: Sequence[SandboxAccount]) -> str:
    lines = [_MARK]
    for account in accounts:
        lines += [
            "",
            f"[{account.profile}]",
            f"aws_access_key_id = {account.account}",
            "aws_secret_access_key = sandbox",
        ]
    return "\n".join([*lines, ""])
