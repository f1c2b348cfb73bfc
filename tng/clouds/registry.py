"""The one place where clouds are plugged in: from settings to targets to adapters."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tng.clouds.aws.settings import (
    IDENTITY_KEYS,
    KEYS,
    AwsSettings,
    aws_settings_table,
    read_aws_settings,
)
from tng.clouds.interface import Caller, Cloud
from tng.config.settings import Settings, TargetTable
from tng.config.tables import Value, refuse_unknown
from tng.errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from tng.clouds.aws.sessions import AwsSessions

TargetSettings = AwsSettings
"""The settings of one target of any cloud; each has a ``name``."""

CLOUDS = ("aws",)
"""The names that ``cloud = …`` and ``--cloud`` take."""


def select_targets(
    settings: Settings, names: Sequence[str], flags: Mapping[str, object], cloud: str | None = None
) -> tuple[TargetSettings, ...]:
    """The targets that a command is about: file < environment < flags.

    ``names`` are those of ``--target``; without any, the flags alone make one target of
    ``cloud``. ``flags`` has the keys of ``tng.toml`` (``region``, ``policy`` …); ``None`` and
    ``()`` mean that a flag was not given. Every target in the file is checked, also those
    not named. Raises `ConfigurationError` and `UsageError`.
    """
    for table in settings.targets:
        _read(table, {})
    given = _flag_values(flags)
    overrides = {**settings.environment, **given}
    if not names:
        return (_single(settings, overrides, cloud),)
    tables = {table.name: table for table in settings.targets}
    _refuse_names(names, tables)
    if len(names) > 1:
        _refuse_shared_identity(overrides)
    return tuple(_read(tables[name], overrides) for name in names)


def identity_only(target: TargetSettings) -> TargetSettings:
    """The target without its wishes: which it is, how it is called and at which rate.

    For undoing, where a policy or a group that is gone must not be in the way.
    """
    return AwsSettings(
        name=target.name,
        region=target.region,
        account=target.account,
        profile=target.profile,
        role_arn=target.role_arn,
        endpoint_url=target.endpoint_url,
        rate=target.rate,
        rates=target.rates,
        rates_from_quotas=target.rates_from_quotas,
    )


def target_table(target: TargetSettings) -> dict[str, object]:
    """A target's settings as a table without secrets, for a saved plan."""
    return {"cloud": "aws", **aws_settings_table(target)}


def target_from_table(name: str, table: Mapping[str, object], origin: str) -> TargetSettings:
    """The target of a saved plan; the inverse of `target_table`."""
    values = {
        key: Value(content, origin, Path()) for key, content in table.items() if key != "cloud"
    }
    return _read(TargetTable(name, str(table.get("cloud")), values), {})


class CloudOpener:
    """Makes the adapters of targets; they share what is costly to make (sessions)."""

    def __init__(self, *, threads: int) -> None:
        """``threads`` is how many calls one target may have in flight at once."""
        self._threads = threads
        self._aws: AwsSessions | None = None

    def open(self, target: TargetSettings, caller: Caller) -> Cloud:
        """Make the adapter of one target; makes no call.

        ``caller`` is used from `Cloud.preflight` on. Raises `ConfigurationError`.
        """
        try:
            from tng.clouds.aws.adapter import AwsCloud
            from tng.clouds.aws.sessions import AwsSessions
        except ImportError as error:
            raise ConfigurationError(
                f"AWS needs a package that is not installed: {error.name}",
                "Install it with: pip install 'tng[aws]'",
            ) from error
        if self._aws is None:
            self._aws = AwsSessions(self._threads)
        return AwsCloud(target, self._aws, caller)


def _single(
    settings: Settings, overrides: Mapping[str, Value], cloud: str | None
) -> TargetSettings:
    if cloud is None:
        known = ", ".join(table.name for table in settings.targets)
        raise UsageError(
            "no target was named",
            f"Name one with --target ({known})."
            if known
            else "Add --cloud aws and --region, or write [targets.NAME] into tng.toml.",
        )
    defaults = {key: value for key, value in settings.defaults.items() if key != "cloud"}
    return _read(TargetTable("", cloud, defaults), overrides)


def _refuse_names(names: Sequence[str], known: Mapping[str, TargetTable]) -> None:
    """Raise `ConfigurationError` for a target that is not configured or is named twice."""
    refuse_unknown(names, known, "--target", "target")
    if len(set(names)) != len(names):
        raise UsageError("--target names the same target twice", "Name each target once.")


def _read(table: TargetTable, overrides: Mapping[str, Value]) -> TargetSettings:
    origin = f"target {table.name!r}" if table.name else "--cloud"
    if table.cloud not in CLOUDS:
        raise ConfigurationError(
            f"{origin} is of the unknown cloud {table.cloud!r}", f"Known: {', '.join(CLOUDS)}."
        )
    for key, value in table.values.items():
        refuse_unknown((key,), KEYS, value.origin)
    return read_aws_settings(table.name, {**table.values, **overrides})


def _flag_values(flags: Mapping[str, object]) -> dict[str, Value]:
    return {
        key: Value(content, f"--{key.replace('_', '-')}", Path())
        for key, content in flags.items()
        if content is not None and content != ()
    }


def _refuse_shared_identity(overrides: Mapping[str, Value]) -> None:
    for key in IDENTITY_KEYS:
        if key in overrides:
            raise UsageError(
                f"{overrides[key].origin} is given with several targets",
                "It would make them the same: say it in [targets.NAME] of each.",
            )
