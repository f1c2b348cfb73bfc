"""A working directory with a manifest, trust files and targets, and the real ``tng`` in it."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.cloud_cases.interface import VENDOR, CaseTarget, CloudCase
from tng.sandbox.configuration import SandboxFiles
from tng.testing.manifest import make_entry, write_manifest
from tng.testing.trust_files import write_microchip_trust

ROOT = Path(__file__).parents[2]
_FOREIGN = ("AWS_", "AZURE_", "TNG_")
"""Variables of whoever runs the tests that must not reach into them."""


@dataclass
class Workshop:
    """``folder`` is where ``tng`` runs; ``trust`` are its options, ``cases`` its clouds.

    ``configuration`` is where ``tng.toml`` is, ``environment`` what is added to it all.
    """

    folder: Path
    trust: tuple[str, ...]
    cases: tuple[CloudCase, ...]
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def case(self) -> CloudCase:
        """The cloud, where there is one alone."""
        (case,) = self.cases
        return case

    @property
    def all_targets(self) -> tuple[str, ...]:
        """The options that name every target."""
        return tuple(word for case in self.cases for word in case.both)

    def configure(self, changes: Mapping[str, Mapping[str, object]] | None = None) -> None:
        """Write ``tng.toml``; ``changes`` are settings by target."""
        changed = changes or {}
        files = SandboxFiles(self.folder / "configuration")
        sections = [
            replace(section, values={**section.values, **changed.get(section.name, {})})
            for case in self.cases
            for section in case.sections()
        ]
        files.write(sections, [file for case in self.cases for file in case.side_files()])
        self.environment["TNG_CONFIG"] = str(files.configuration)
        for case in self.cases:
            self.environment.update(case.environment(files.directory))

    def spoil(self, case: CloudCase, target: CaseTarget) -> str:
        """Make ``target`` unusable; gives what `tng` must say of it. `configure` mends it."""
        spoilt = case.spoil(target)
        self.configure({target.name: spoilt.values})
        self.environment.update(spoilt.environment)
        return spoilt.said

    def manifest(self, count, name="manifest.json"):
        """Write a manifest of the first ``count`` chips."""
        with (self.folder / name).open("wb") as stream:
            write_manifest(stream, (make_entry(VENDOR, VENDOR.device(n)) for n in range(count)))
        return name

    def start(self, *arguments, **options):
        """Start ``tng`` with these arguments."""
        own = {name: it for name, it in os.environ.items() if not name.startswith(_FOREIGN)}
        environment = {**own, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **self.environment}
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
        assert "Traceback" not in err
        return out, err

    def register(self, *arguments, expect=0):
        return self.tng("register", *arguments, *self.trust, "--yes", expect=expect)

    def deregister(self, *arguments, expect=0):
        return self.tng("deregister", *arguments, "--yes", expect=expect)

    def register_with(self, trigger, *arguments):
        """Register with a process that ``trigger`` is done to; its exit code, stdout, stderr."""
        return self.run_with(trigger, "register", *arguments, *self.trust, "--yes")

    def run_with(self, trigger, *arguments):
        """Run ``tng``, and ``trigger`` on its process; gives exit code, stdout and stderr."""
        with self.start(*arguments) as process:
            trigger.process = process
            out, err = process.communicate(timeout=60)
        # The process may be gone before the thread that ended it goes on.
        assert trigger.fired.wait(10), err
        return process.returncode, out, err

    def status(self):
        """``tng status`` as JSON, by target."""
        out, _ = self.tng("status", "--format", "json")
        return {target["name"]: target for target in json.loads(out)["targets"]}


class Trigger:
    """Does something to a process that is known only later, when a call passes the front."""

    def __init__(self, action):
        self.process = None
        self.fired = threading.Event()
        self._action = action

    def __call__(self):
        self._action(self.process)
        self.fired.set()


def kill(process):
    """kill -9."""
    process.kill()


def interrupt(process):
    """Ctrl-C."""
    os.kill(process.pid, signal.SIGINT)


def make_workshop(folder, *cases):
    """A `Workshop` in ``folder`` for the targets of all ``cases``."""
    root, signer, _ = write_microchip_trust(folder / "trust", VENDOR)
    trust = ("--trust-anchor", str(root), "--manifest-signer", str(signer))
    workshop = Workshop(folder, trust, cases)
    workshop.configure()
    return workshop
