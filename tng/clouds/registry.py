"""The one place where clouds are plugged in: from settings to targets to adapters."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from tng.clouds.aws import settings as aws
from tng.clouds.aws.settings import AwsSettings
from tng.clouds.azure import settings as azure
from tng.clouds.azure.settings import AzureSettings
from tng.clouds.interface import Caller, Cloud
from tng.config.settings import Settings, TargetTable
from tng.config.tables import Value, refuse_unknown
from tng.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from tng.clouds.aws.sessions import AwsSessions
    from tng.clouds.azure.sessions import AzureSessions

TargetSettings = AwsSettings | AzureSettings
"""The settings of one target of any cloud; each has a ``name``."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """What a cloud's settings are: every key, those that say which target it is, the reader."""

    keys: tuple[str, ...]
    identity_keys: tuple[str, ...]
    read: Callable[[str, Mapping[str, Value]], TargetSettings]


_KINDS: Mapping[str, _Kind] = {
    "aws": _Kind(aws.KEYS, aws.IDENTITY_KEYS, aws.read_aws_settings),
    "azure": _Kind(azure.KEYS, azure.IDENTITY_KEYS, azure.read_azure_settings),
}

CLOUDS = tuple(_KINDS)
"""The names that ``cloud = …`` and ``--cloud`` take."""


def select_targets(
    settings: Settings, names: Sequence[str], flags: Mapping[str, object]
) -> tuple[TargetSettings, ...]:
    """The targets that a command is about: file < environment < flags.

    ``names`` are those of ``--target``; without any, the flags alone make one target of the
    ``cloud`` among them. ``flags`` has the keys of ``tng.toml`` (``region``, ``policy`` …);
    ``None`` and ``()`` mean that a flag was not given. What is said for all targets holds for
    those whose cloud knows it. Every target in the file is checked, also those not named.
    Raises `ConfigurationError` and `UsageError`.
    """
    for table in settings.targets:
        _read(settings, table, {})
    given = _flag_values(flags)
    cloud = given.pop("cloud", None)
    overrides = {**settings.environment, **given}
    if not names:
        tables = [_single(settings, None if cloud is None else str(cloud.content))]
    else:
        if cloud is not None:
            raise UsageError(
                "--cloud was given together with --target",
                "A named target has its cloud in tng.toml: leave one of the two out.",
            )
        known = {table.name: table for table in settings.targets}
        _refuse_names(names, known)
        tables = [known[name] for name in names]
    _refuse_idle(given, tables)
    _refuse_shared_identity(overrides, tables)
    return tuple(_read(settings, table, overrides) for table in tables)


def identity_only(target: TargetSettings) -> TargetSettings:
    """The target without its wishes: which it is, how it is called and at which rate.

    For undoing, where a policy or a group that is gone must not be in the way.
    """
    match target:
        case AwsSettings():
            return aws.aws_identity_only(target)
        case AzureSettings():
            return azure.azure_identity_only(target)
    assert_never(target)


def target_table(target: TargetSettings) -> dict[str, object]:
    """A target's settings as a table without secrets, for a saved plan."""
    match target:
        case AwsSettings():
            return {"cloud": "aws", **aws.aws_settings_table(target)}
        case AzureSettings():
            return {"cloud": "azure", **azure.azure_settings_table(target)}
    assert_never(target)


def target_from_table(name: str, table: Mapping[str, object], origin: str) -> TargetSettings:
    """The target of a saved plan; the inverse of `target_table`."""
    values = {
        key: Value(content, origin, Path()) for key, content in table.items() if key != "cloud"
    }
    return _read(Settings(), TargetTable(name, str(table.get("cloud")), values), {})


class CloudOpener:
    """Makes the adapters of targets; they share what is costly to make (sessions)."""

    def __init__(
        self, *, threads: int, environment: Mapping[str, str] = os.environ, parts: int = 1
    ) -> None:
        """``threads`` is how many calls one target may have in flight at once.

        ``environment`` is where a target's own variables are looked up. ``parts`` is how many
        processes share the rates of each target.
        """
        self._threads = threads
        self._parts = parts
        self._environment = environment
        self._aws: AwsSessions | None = None
        self._azure: AzureSessions | None = None

    def open(self, target: TargetSettings, caller: Caller) -> Cloud:
        """Make the adapter of one target; makes no call.

        ``caller`` is used from `Cloud.preflight` on. Raises `ConfigurationError`.
        """
        try:
            match target:
                case AwsSettings():
                    return self._open_aws(target, caller)
                case AzureSettings():
                    return self._open_azure(target, caller)
        except ImportError as error:
            extra = "aws" if isinstance(target, AwsSettings) else "azure"
            raise ConfigurationError(
                f"cloud {extra} needs a package that is not installed: {error.name}",
                f"Install it with: pip install 'tng[{extra}]'",
            ) from error
        assert_never(target)

    def _open_aws(self, target: AwsSettings, caller: Caller) -> Cloud:
        from tng.clouds.aws.adapter import AwsCloud
        from tng.clouds.aws.sessions import AwsSessions

        if self._aws is None:
            self._aws = AwsSessions(self._threads)
        # Nobody's refusal: what has no region is told before anything is read.
        target = replace(target, region=self._aws.region(target))
        return AwsCloud(target, self._aws, caller, parts=self._parts)

    def _open_azure(self, target: AzureSettings, caller: Caller) -> Cloud:
        from tng.clouds.azure.adapter import AzureCloud
        from tng.clouds.azure.sessions import AzureSessions

        if self._azure is None:
            self._azure = AzureSessions(self._threads, self._environment)
        return AzureCloud(target, self._azure, caller, parts=self._parts)


def _single(settings: Settings, cloud: str | None) -> TargetTable:
    if cloud is None:
        known = ", ".join(table.name for table in settings.targets)
        raise UsageError(
            "no target was named",
            f"Name one with --target ({known})."
            if known
            else "Add --cloud aws and --region, or --cloud azure and --dps-host, or write "
            "[targets.NAME] into tng.toml.",
        )
    return TargetTable("", cloud, {})


def _refuse_names(names: Sequence[str], known: Mapping[str, TargetTable]) -> None:
    """Raise `ConfigurationError` for a target that is not configured or is named twice."""
    refuse_unknown(names, known, "--target", "target")
    if len(set(names)) != len(names):
        raise UsageError("--target names the same target twice", "Name each target once.")


def _read(settings: Settings, table: TargetTable, overrides: Mapping[str, Value]) -> TargetSettings:
    origin = f"target {table.name!r}" if table.name else "--cloud"
    kind = _KINDS.get(table.cloud)
    if kind is None:
        raise ConfigurationError(
            f"{origin} is of the unknown cloud {table.cloud!r}", f"Known: {', '.join(CLOUDS)}."
        )
    for key, value in table.values.items():
        refuse_unknown((key,), kind.keys, value.origin)
    shared = {key: value for key, value in settings.defaults.items() if key != "cloud"}
    for key, value in shared.items():
        refuse_unknown((key,), _all_keys(), value.origin)
    merged = {**_known(kind, shared), **table.values, **_known(kind, overrides)}
    return kind.read(table.name, merged)


def _known(kind: _Kind, values: Mapping[str, Value]) -> dict[str, Value]:
    """What is said for all targets, as far as it concerns those of this kind."""
    return {key: value for key, value in values.items() if key in kind.keys}


def _all_keys() -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for kind in _KINDS.values() for key in kind.keys))


def _flag_values(flags: Mapping[str, object]) -> dict[str, Value]:
    return {
        key: Value(content, f"--{key.replace('_', '-')}", Path())
        for key, content in flags.items()
        if content is not None and content != ()
    }


def _refuse_idle(given: Mapping[str, Value], tables: Sequence[TargetTable]) -> None:
    """Raise `UsageError` for a flag that none of the targets understands."""
    for key, value in given.items():
        if not any(key in _KINDS[table.cloud].keys for table in tables if table.cloud in _KINDS):
            clouds = [name for name, kind in _KINDS.items() if key in kind.keys]
            raise UsageError(
                f"{value.origin} means nothing to {_clouds_of(tables)}",
                f"It is an option of cloud {' and '.join(clouds)}: leave it out."
                if clouds
                else "Leave it out.",
            )


def _clouds_of(tables: Sequence[TargetTable]) -> str:
    return " and ".join(f"cloud {name}" for name in dict.fromkeys(item.cloud for item in tables))


def _refuse_shared_identity(overrides: Mapping[str, Value], tables: Sequence[TargetTable]) -> None:
    for name, kind in _KINDS.items():
        if sum(table.cloud == name for table in tables) < 2:
            continue
        for key in kind.identity_keys:
            if key in overrides:
                raise UsageError(
                    f"{overrides[key].origin} is given with several targets",
                    "It would make them the same: say it in [targets.NAME] of each.",
                )
