"""Reading ``tng.toml`` and the environment; the only file access of this room."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

from tng.config.settings import RunSettings, Settings, TargetTable, TrustSettings
from tng.config.tables import Table, Value, refuse_unknown
from tng.errors import ConfigurationError
from tng.ledger_location import LedgerLocation, ledger_location

CONFIGURATION_FILE = "tng.toml"
MAX_FILE_BYTES = 1024 * 1024
"""Far above any configuration; a bound against being pointed at something else."""

RUN_KEYS = ("ledger", "threads")
TRUST_KEYS = ("anchors", "manifest_signers", "intermediates")
ENVIRONMENT_KEYS = (
    "region",
    "account",
    "profile",
    "role_arn",
    "endpoint_url",
    "policy",
    "create_policy",
    "thing_name",
    "thing_type",
    "thing_group",
    "billing_group",
    "status",
    "rate",
    "rates_from_quotas",
    "update",
    "dps_host",
    "dps",
    "resource_group",
    "subscription",
    "auth",
    "ca_file",
    "arm_endpoint",
    "registration_id",
    "device_id",
    "provisioning_status",
    "allocation_policy",
    "iot_hub",
    "reprovision_policy",
    "tags",
    "desired",
    "bulk",
    "bulk_counts_as",
)
"""The target keys that have a variable (``TNG_REGION`` …): all but the tables."""

SECRET_VARIABLES = (
    "TNG_DPS_CONNECTION_STRING",
    "TNG_KEY_PASSPHRASE",
    "TNG_SIGN_PASSPHRASE",
    "TNG_PKCS11_PIN",
    "TNG_CLAIM_PKCS11_PIN",
)
"""Variables that are read where they are needed, and never become settings."""

_PREFIX = "TNG_"


def load_settings(file: Path | None, environment: Mapping[str, str], folder: Path) -> Settings:
    """Read ``file``, or ``tng.toml`` in ``folder`` where there is one, and the environment.

    Without ``file``, ``TNG_CONFIG`` may name it. Relative paths in the file are relative to
    it, those in variables to ``folder``. Raises `ConfigurationError` for an unreadable file,
    an unknown key or variable, a value of the wrong type, and for secrets.
    """
    variables = _variables(environment, folder)
    named = variables.pop("config", None)
    if file is None and named is not None:
        file = Table({"config": named}).path("config")
    if file is None and (folder / CONFIGURATION_FILE).exists():
        file = folder / CONFIGURATION_FILE
    document = {} if file is None else _read_toml(file)
    origin, base = str(file), folder if file is None else file.parent
    refuse_unknown(document, ("trust", "defaults", "targets"), origin)
    defaults = _values(document, "defaults", origin, base)
    run = {key: defaults.pop(key) for key in RUN_KEYS if key in defaults}
    run |= {key: variables.pop(key) for key in RUN_KEYS if key in variables}
    return Settings(
        file=file,
        trust=_trust(_values(document, "trust", origin, base)),
        run=RunSettings(ledger=_ledger(run), threads=Table(run).count("threads")),
        targets=_targets(document, defaults, origin, base),
        defaults=defaults,
        environment=variables,
    )


def _read_toml(file: Path) -> dict[str, object]:
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(
            f"{file} cannot be read: {os.strerror(error.errno or 0)}",
            "Check the path and its permissions.",
        ) from error
    if len(data) > MAX_FILE_BYTES:
        raise ConfigurationError(f"{file} is larger than {MAX_FILE_BYTES} bytes", "Is it the file?")
    try:
        return tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{file} is not TOML: {error}", "Correct that line.") from error


def _values(
    document: Mapping[str, object], section: str, origin: str, base: Path
) -> dict[str, Value]:
    place = f"{origin} [{section}]"
    table = document.get(section, {})
    if not isinstance(table, dict):
        raise ConfigurationError(f"{place} is not a table", f"Write [{section}] on its own line.")
    return {key: Value(content, place, base) for key, content in table.items()}


def _ledger(values: Mapping[str, Value]) -> LedgerLocation | None:
    text = Table(values).text("ledger")
    if text is None:
        return None
    # Other programs and people read files; whoever sets a variable can keep it to a process.
    value = values["ledger"]
    return ledger_location(text, value.origin, value.folder, may_hold_secret=value.textual)


def _trust(values: Mapping[str, Value]) -> TrustSettings:
    for key, value in values.items():
        refuse_unknown((key,), TRUST_KEYS, value.origin)
    table = Table(values)
    return TrustSettings(*(table.paths(key) for key in TRUST_KEYS))


def _targets(
    document: Mapping[str, object], defaults: Mapping[str, Value], origin: str, base: Path
) -> tuple[TargetTable, ...]:
    targets = []
    for name, value in _values(document, "targets", origin, base).items():
        if not isinstance(value.content, dict):
            raise ConfigurationError(
                f"{value.origin}: {name} is not a table", f"Write [targets.{name}]."
            )
        own = _values({f"targets.{name}": value.content}, f"targets.{name}", origin, base)
        cloud = Table({**defaults, **own}).text("cloud")
        if cloud is None:
            raise ConfigurationError(
                f"{origin} [targets.{name}] has no cloud",
                'Add cloud = "aws" or cloud = "azure".',
            )
        targets.append(TargetTable(name, cloud, {k: v for k, v in own.items() if k != "cloud"}))
    return tuple(targets)


def _variables(environment: Mapping[str, str], folder: Path) -> dict[str, Value]:
    variables: dict[str, Value] = {}
    known = ("config", *RUN_KEYS, *ENVIRONMENT_KEYS)
    for name in sorted(environment):
        if not name.startswith(_PREFIX) or name in SECRET_VARIABLES or not environment[name]:
            continue
        key = name.removeprefix(_PREFIX).lower()
        refuse_unknown((key,), known, f"the environment ({name})")
        variables[key] = Value(environment[name], name, folder, textual=True)
    return variables
