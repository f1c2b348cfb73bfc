"""What the stories share: a folder, local clouds, chips of a test vendor, and a stage.

Every command that is shown is run for real, by the ``tng`` of this installation; a story ends
with 0 only if everything turned out as it promises.
"""

import json
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

# The stage and the material are those of the demonstration, one folder up.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from material import write_configuration
from stage import Stage, UnexpectedError

from tng.errors import TngError
from tng.sandbox.accounts import SandboxAccount
from tng.sandbox.aws import LocalAws
from tng.sandbox.clouds import LocalCloud
from tng.sandbox.gateway.broker import PublishedMessage
from tng.sandbox.local import LocalClouds, RunningClouds
from tng.testing.certificates import pem
from tng.testing.keys import SigningKey
from tng.testing.microchip import MicrochipVendor
from tng.testing.nxp import NxpVendor
from tng.testing.trust_files import (
    write_microchip_trust,
    write_nxp_trust,
)

SEED = "stories"
MISSING = 77
"""Exit code for a story that lacks a program, as test suites know it (automake)."""

COMMAND_SECONDS = 120
_NAME_WIDTH = 20
"""Of names before their values, in the columns of `tng connect`."""


class MissingProgramError(Exception):
    """Something that is not Python is not installed; the text says what."""


class Story(Stage):
    """A stage with local clouds; commands run in ``folder``."""

    def __init__(self, folder: Path, clouds: RunningClouds) -> None:
        super().__init__(folder)
        self.folder = folder
        self.clouds = clouds
        self.microchip, self.nxp = MicrochipVendor(SEED), NxpVendor(SEED)
        self.use_environment(clouds.environment)

    @property
    def aws(self) -> LocalAws:
        """The local AWS IoT."""
        if self.clouds.aws is None:
            raise UnexpectedError("the local AWS IoT is not running")
        return self.clouds.aws

    def account(self, target: str) -> SandboxAccount:
        """The account behind a target."""
        (found,) = (item for item in self.aws.accounts if item.target == target)
        return found

    def published(self, target: str) -> tuple[PublishedMessage, ...]:
        """What devices published in the account of ``target``, as its broker has it."""
        return self.aws.gateway.sides[self.account(target)].broker.published

    def variable(self, name: str) -> str:
        """An environment variable of the commands."""
        return self._environment[name]

    def set_variable(self, name: str, value: str) -> None:
        """For the commands that follow; shown as it would be typed."""
        self._console.print(f"\n[bold green]$[/] [bold]export {name}={shlex.quote(value)}[/]")
        self._environment[name] = value

    def read(self, command: str, *, expect: int = 0, why: str = "") -> str:
        """Run ``tng`` with ``command``; gives its stdout, which is shown too."""
        process = self.begin(command)
        return self.end_of(process, expect=expect, why=why)

    def begin(self, command: str, *, ready: str = "") -> "subprocess.Popen[str]":
        """Start ``tng`` with ``command`` and leave it running; stdout is kept for `end_of`.

        With ``ready`` it is waited until a line of stderr begins like that.
        """
        self._console.print(f"\n[bold green]$[/] [bold]tng {command}[/]", soft_wrap=True)
        sys.stdout.flush()
        process = subprocess.Popen(  # noqa: S603 - the words are those of the story
            [sys.executable, "-m", "tng", *shlex.split(command)],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE if ready else None,
            text=True,
        )
        if process.stderr is not None:
            try:
                _until(process.stderr, ready)
            except BaseException:
                process.kill()
                process.communicate()
                raise
        return process

    def end_of(self, process: "subprocess.Popen[str]", *, expect: int = 0, why: str = "") -> str:
        """Wait for a command that was begun; gives its stdout, which is shown now."""
        with process:
            try:
                output, said = process.communicate(timeout=COMMAND_SECONDS)
            except BaseException as error:
                process.kill()
                if isinstance(error, subprocess.TimeoutExpired):
                    raise UnexpectedError(f"no end after {COMMAND_SECONDS} s") from error
                raise
        sys.stderr.write(said or "")
        sys.stdout.write(output)
        self._conclude(process.returncode, expect, why)
        return output

    def columns(self, command: str, *, expect: int = 0, why: str = "") -> dict[str, str]:
        """Run ``tng`` with ``command``, which prints names and values; gives them."""
        lines = self.read(command, expect=expect, why=why).splitlines()
        return {line[:_NAME_WIDTH].strip(): line[_NAME_WIDTH:].strip() for line in lines}

    def facts(self, command: str, *, expect: int = 0, why: str = "") -> dict[str, Any]:
        """Run ``tng`` with ``command``, then again unseen for its JSON; gives that.

        For commands that only look.
        """
        self.tng(command, expect=expect, why=why)
        done = subprocess.run(  # noqa: S603 - the words are those of the story
            [sys.executable, "-m", "tng", "-q", *shlex.split(command), "--format", "json"],
            cwd=self.folder, env=self._environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, timeout=COMMAND_SECONDS, check=False,
        )  # fmt: skip
        found = json.loads(done.stdout)
        if not isinstance(found, dict):
            raise UnexpectedError(f"tng {command} printed no JSON object")
        return found

    def run_program(self, *words: str) -> str:
        """Run another program, shown as typed; gives its stdout. It has to succeed."""
        self._console.print(f"\n[bold green]$[/] [bold]{shlex.join(words)}[/]", soft_wrap=True)
        sys.stdout.flush()
        done = subprocess.run(  # noqa: S603 - the words are those of the story
            words, cwd=self.folder, env=self._environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=COMMAND_SECONDS,
            check=False,
        )  # fmt: skip
        sys.stdout.write(done.stdout)
        if done.returncode:
            raise UnexpectedError(f"{words[0]} ended with {done.returncode}")
        return done.stdout

    def write_device(self, name: str, certificate: bytes, key: SigningKey) -> str:
        """Write ``devices/NAME.pem`` and ``.key``; gives the options that name them.

        The key is the test vendor's: that of a chip would never leave it.
        """
        folder = self.folder / "devices"
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.pem").write_text(pem(certificate), "ascii")
        secret = key.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / f"{name}.key").write_bytes(secret)
        return f"--certificate devices/{name}.pem --key devices/{name}.key"


def _until(stream: IO[str], ready: str) -> None:
    """Pass lines on until one begins with ``ready``; `UnexpectedError` where none does."""
    for line in stream:
        sys.stderr.write(line)
        if line.startswith(ready):
            return
    raise UnexpectedError(f"nothing was said that begins with: {ready}")


def need(*programs: str) -> None:
    """Raise `MissingProgramError` unless all of them can be run."""
    missing = [name for name in programs if shutil.which(name) is None]
    if missing:
        raise MissingProgramError(f"not installed: {', '.join(missing)}")


def play(
    title: str, tell: Callable[[Story], None], clouds: Sequence[LocalCloud] = tuple(LocalCloud)
) -> int:
    """Tell one story in the folder that is named, or in one that is gone afterwards."""
    # Ended by whoever runs us, the sandbox still has to be stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as stack:
        folder = _folder(stack)
        stage = Stage(folder)
        stage.title(title)
        try:
            story = Story(folder, stack.enter_context(LocalClouds(clouds, rate=0)))
            _write_material(story)
            tell(story)
        except MissingProgramError as missing:
            stage.fail(f"{missing}. On Debian or Ubuntu: apt-get install softhsm2 opensc")
            return MISSING
        except TngError as error:
            stage.fail(f"the local clouds cannot be used: {error.message}. {error.hint}")
            return 1
        except UnexpectedError as error:
            stage.fail(f"the story failed: {error}")
            return 1
        except KeyboardInterrupt:
            stage.fail("interrupted; the local clouds are stopped")
            return 130
    stage.end()
    return 0


def _folder(stack: ExitStack) -> Path:
    if len(sys.argv) > 1:
        folder = Path(sys.argv[1]).resolve()
        if folder.exists():
            sys.exit(f"{folder} is there already: name a new folder")
        folder.mkdir(parents=True)
        return folder
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tng-story-")))


def _write_material(story: Story) -> None:
    """``tng.toml`` with targets and trust, and what devices need of the clouds."""
    write_microchip_trust(story.folder / "trust", story.microchip)
    write_nxp_trust(story.folder / "trust", story.nxp)
    write_configuration(story.folder, story.clouds)
    for path in story.clouds.files.directory.glob("*.key"):
        shutil.copy(path, story.folder)
        (story.folder / path.name).chmod(0o600)
