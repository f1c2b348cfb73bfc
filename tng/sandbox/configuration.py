"""The files that let ``tng`` use a sandbox: ``tng.toml`` and what its targets refer to.

Written into one directory and removed again. A ``tng.toml`` that somebody else wrote is
never touched. What stands in them is the business of the clouds.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tng.errors import ConfigurationError

CONFIGURATION_FILE = "tng.toml"

MARK = "# Written by `tng sandbox`; removed when it stops."
"""The first line of every file that has a place for it; PEM files do (RFC 7468 section 2)."""


@dataclass(frozen=True, slots=True)
class TargetSection:
    """One ``[targets.NAME]``; ``values`` are texts, numbers and booleans by key."""

    name: str
    values: Mapping[str, str | float | bool]


@dataclass(frozen=True, slots=True)
class SideFile:
    """A file beside ``tng.toml``: ``text`` is all of it, but for the mark where it has one."""

    name: str
    text: str
    marked: bool = True

    @property
    def content(self) -> str:
        """What is written."""
        return f"{MARK}\n{self.text}" if self.marked else self.text


class SandboxFiles:
    """The files of one sandbox in ``directory``."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self._made_directory = False
        self._written: list[Path] = []

    @property
    def configuration(self) -> Path:
        """``tng.toml``, absolute."""
        return self.directory / CONFIGURATION_FILE

    def write(self, sections: Sequence[TargetSection], others: Sequence[SideFile] = ()) -> None:
        """Write all files. Raises `ConfigurationError` if something else is in the way."""
        try:
            self._made_directory = not self.directory.exists()
            self.directory.mkdir(parents=True, exist_ok=True)
            for file in (SideFile(CONFIGURATION_FILE, _toml(sections)), *others):
                path = self.directory / file.name
                _refuse_stranger(path, file)
                path.touch(mode=0o600)
                path.write_text(file.content, "utf-8")
                self._written.append(path)
        except OSError as error:
            raise ConfigurationError(
                f"cannot write into {self.directory}: {os.strerror(error.errno or 0)}",
                hint="Choose another --directory.",
            ) from error

    def remove(self) -> None:
        """Remove what `write` wrote, and the directory if it made it and it is empty."""
        while self._written:
            self._written.pop().unlink(missing_ok=True)
        if self._made_directory and self.directory.exists() and not any(self.directory.iterdir()):
            self.directory.rmdir()


def _refuse_stranger(path: Path, file: SideFile) -> None:
    if not path.exists():
        return
    text = path.read_text("utf-8", "replace")
    own = text.startswith(MARK) if file.marked else text == file.content
    if not own:
        raise ConfigurationError(
            f"{path} is there already and was not written by tng sandbox",
            hint="Choose another --directory.",
        )


def _toml(sections: Sequence[TargetSection]) -> str:
    lines: list[str] = []
    for section in sections:
        lines += ["", f"[targets.{section.name}]"]
        # JSON's texts, numbers and booleans are TOML's too.
        lines += [f"{key} = {json.dumps(value)}" for key, value in section.values.items()]
    return "\n".join([*lines, ""])
