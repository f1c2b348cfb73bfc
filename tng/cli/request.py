"""The options of plan and register, as they were given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tng.cli.judging import JudgingOptions


@dataclass(frozen=True, slots=True)
class Request:
    """The options of plan and register, as they were given.

    ``flags`` are the target's, by the keys of ``tng.toml``; ``saved`` is a plan's file.
    ``applied`` says that the plan is not only looked at; ``shard`` is as it was typed. With
    ``csr`` the sources are certificate requests; ``certificates`` is the folder for what they get.
    """

    sources: Sequence[str]
    judging: JudgingOptions
    names: Sequence[str]
    flags: Mapping[str, object]
    allow_unverified: bool
    allow_attestation: bool
    offline: bool
    jobs: int
    threads: int | None = None
    saved: Path | None = None
    applied: bool = False
    shard: str | None = None
    dask: str | None = None
    csr: bool = False
    certificates: Path | None = None

    @property
    def folder(self) -> Path | None:
        """Where certificates go; ``None`` where none are made."""
        return (self.certificates or Path("certificates")) if self.csr else None
