"""A local AWS account in which the ten chips of a manifest stand as they should."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3

from tests.cli.processes import start
from tests.judging import MANIFESTS, TRUST
from tng.sandbox.clouds import LocalCloud
from tng.sandbox.local import LocalClouds, RunningClouds
from tng.sandbox.preparation import POLICY_NAME

TARGET = "sandbox-eu"
GOOD = "tngtls-10.json"
BAD = "forged-mixed.json"
CHIPS = 10


@dataclass(frozen=True)
class Account:
    """The running account, and how a process finds it."""

    clouds: RunningClouds

    @property
    def configuration(self) -> str:
        """``tng.toml`` of somebody who trusts the test vendor."""
        targets = self.clouds.files.configuration.read_text()
        return (
            f"{targets}\n[trust]\nanchors = ['{TRUST / 'root.pem'}']\n"
            f"manifest_signers = ['{TRUST / 'manifest-signer.pem'}']\n"
        )

    def environment(self, **more: str) -> dict[str, str]:
        """Nothing of this process but where programs are; the cloud's own variables."""
        own = {name: os.environ[name] for name in ("HOME", "LANG", "PATH") if name in os.environ}
        return own | cloud_variables(self.clouds) | more

    def detach_policy(self) -> None:
        """What somebody does in the console one day."""
        iot = self.client()
        (arn, *_) = iot.list_targets_for_policy(policyName=POLICY_NAME)["targets"]
        iot.detach_policy(policyName=POLICY_NAME, target=arn)

    def client(self):
        aws = self.clouds.aws
        account = next(item for item in aws.accounts if item.target == TARGET)
        return boto3.client(
            "iot",
            region_name=account.region,
            endpoint_url=aws.endpoint_url,
            aws_access_key_id=account.account,
            aws_secret_access_key="sandbox",
        )


def cloud_variables(clouds: RunningClouds) -> Mapping[str, str]:
    """Without where the configuration is: each pipeline brings its own."""
    return {name: value for name, value in clouds.environment.items() if name != "TNG_CONFIG"}


@contextmanager
def registered_account(folder: Path) -> Iterator[Account]:
    """The account, after ``tng register`` has brought the chips there."""
    with LocalClouds([LocalCloud.AWS], directory=folder / "sandbox", rate=0) as clouds:
        account = Account(clouds)
        (folder / "tng.toml").write_text(account.configuration)
        done = start(
            "register", str(MANIFESTS / GOOD), "--target", TARGET, "--yes",
            cwd=folder, env=account.environment(),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        yield account


def deliver(name: str, folder: Path) -> None:
    """Put that manifest, and no other, into ``folder``."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(MANIFESTS / name, folder)


def programs_first(*folders: Path) -> str:
    """A PATH on which ``folders`` come first, then the programs of this installation."""
    return os.pathsep.join(
        [*map(str, folders), str(Path(sys.executable).parent), os.environ["PATH"]]
    )


def write_program(path: Path, text: str) -> None:
    """A shell script that stands on the PATH for a program."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
