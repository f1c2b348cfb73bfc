"""The frozen values that configuration is turned into."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tng.config.tables import Value
from tng.ledger_location import LedgerLocation


@dataclass(frozen=True, slots=True)
class TrustSettings:
    """``[trust]``: files that add anchors, manifest signers and intermediates to a run."""

    anchors: tuple[Path, ...] = ()
    manifest_signers: tuple[Path, ...] = ()
    intermediates: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class RunSettings:
    """What concerns a run and not one target: ``ledger`` and ``threads`` in ``[defaults]``.

    ``None`` means that nobody said; the command then has its own default.
    """

    ledger: LedgerLocation | None = None
    threads: int | None = None


@dataclass(frozen=True, slots=True)
class TargetTable:
    """One ``[targets.NAME]``, not yet understood and without ``[defaults]``.

    ``values`` hold every key but ``cloud``, each with the place it came from.
    """

    name: str
    cloud: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that was configured outside of the command's own flags.

    ``file`` is the ``tng.toml`` that was read, if one was. ``defaults`` are the target keys
    of ``[defaults]``; ``environment`` those of ``TNG_*`` variables, which win over the file.
    """

    file: Path | None = None
    trust: TrustSettings = field(default_factory=TrustSettings)
    run: RunSettings = field(default_factory=RunSettings)
    targets: tuple[TargetTable, ...] = ()
    defaults: Mapping[str, Value] = field(default_factory=dict)
    environment: Mapping[str, Value] = field(default_factory=dict)
