"""A working directory with a manifest, trust files and two targets, and the real ``tng`` in it."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.emulators import CloudUnderTest
from tng.sandbox.emulator import Emulator
from tng.testing.manifest import make_entry, write_manifest
from tng.testing.microchip import MicrochipVendor
from tng.testing.trust_files import write_microchip_trust
from tng.x509.certificate import read_certificate

MOTO_IS_SLOW = pytest.mark.parametrize(
    "aws_emulator",
    [Emulator.MINISTACK, pytest.param(Emulator.MOTO, marks=pytest.mark.slow)],
    ids=str,
    indirect=True,
)
"""For tests whose subject is `tng` more than the cloud: the second emulator in `.ci/run` only."""

ROOT = Path(__file__).parents[2]
VENDOR = MicrochipVendor()
BOTH = ("--target", "sandbox-eu", "--target", "sandbox-us")


def keys(count):
    """The certificate ids that AWS must give to the first chips of the vendor."""
    return {read_certificate(VENDOR.device(n).certificate).sha256 for n in range(count)}


@dataclass(frozen=True)
class Workshop:
    """``folder`` is where ``tng`` runs; ``trust`` are its options."""

    folder: Path
    trust: tuple[str, ...]
    cloud: CloudUnderTest

    def manifest(self, count, name="manifest.json"):
        """Write a manifest of the first ``count`` chips."""
        with (self.folder / name).open("wb") as stream:
            write_manifest(stream, (make_entry(VENDOR, VENDOR.device(n)) for n in range(count)))
        return name

    def start(self, *arguments, **options):
        """Start ``tng`` with these arguments."""
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
        options.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.Popen(
            [sys.executable, "-m", "tng", *map(str, arguments)],
            cwd=self.folder, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
        )  # fmt: skip

    def tng(self, *arguments, expect=0):
        """Run ``tng`` to its end; gives stdout and stderr."""
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=60)
        assert process.returncode == expect, (process.returncode, out, err)
        return out, err

    def register(self, *arguments, expect=0):
        return self.tng("register", *arguments, *self.trust, "--yes", expect=expect)

    def status(self):
        """``tng status`` as JSON, by target."""
        out, _ = self.tng("status", "--format", "json")
        return {target["name"]: target for target in json.loads(out)["targets"]}

    def certificates(self, account):
        """Certificate id → status, read with the SDK, behind the back of ``tng``."""
        found, marker = {}, {}
        client = self.cloud.client("iot", account, attempts=5)
        while marker is not None:
            page = client.list_certificates(pageSize=250, **marker)
            found |= {item["certificateId"]: item["status"] for item in page["certificates"]}
            marker = {"marker": page["nextMarker"]} if page.get("nextMarker") else None
        return found

    def things(self, account):
        """Name of thing → its principals."""
        client = self.cloud.client("iot", account, attempts=5)
        names = [item["thingName"] for item in client.list_things(maxResults=250)["things"]]
        return {name: client.list_thing_principals(thingName=name)["principals"] for name in names}

    def assert_registered(self, account, count):
        """Every chip once, active, with its own thing; nobody else."""
        assert self.certificates(account) == dict.fromkeys(keys(count), "ACTIVE")
        things = self.things(account)
        assert len(things) == count
        assert sorted(arn.rpartition("/")[2] for arns in things.values() for arn in arns) == sorted(
            keys(count)
        )
        twice = {key: n for key, n in self.cloud.front.log.registrations().items() if n > 1}
        assert twice == {}


def interrupt(process):
    """Ctrl-C."""
    os.kill(process.pid, signal.SIGINT)


def make_workshop(folder, cloud):
    """A `Workshop` in ``folder``; the environment must know the cloud (`cloud_files`)."""
    root, signer, _ = write_microchip_trust(folder / "trust", VENDOR)
    trust = ("--trust-anchor", str(root), "--manifest-signer", str(signer))
    return Workshop(folder, trust, cloud)
