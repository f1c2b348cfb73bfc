"""How the end of `tng connect` is told: members, columns or JSON, and the exit code."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from tng.cli.members import print_members
from tng.cli.trial_ends import End, TrialFailure

if TYPE_CHECKING:
    from tng.device.connection import ConnectResult
    from tng.x509.certificate import Certificate


@dataclass(frozen=True, slots=True)
class Trial:
    """What a trial was about, and what it came to."""

    cloud: str
    endpoint: str
    client_id: str
    leaf: "Certificate"
    warnings: tuple[str, ...]
    result: "ConnectResult"


def print_trial(trial: Trial, *, as_json: bool) -> None:
    """The result on stdout, as columns or as JSON; raises `TrialError` unless it is connected."""
    from tng.device.connection import SCHEMA

    about: dict[str, object] = {
        "cloud": trial.cloud,
        "endpoint": trial.endpoint,
        "client_id": trial.client_id,
        "certificate_sha256": trial.leaf.sha256,
        "warnings": list(trial.warnings),
    }
    found = _end_of(trial)
    if isinstance(found, TrialFailure):
        print_members(SCHEMA, found.members | about, as_json=as_json)
        raise found.error
    print_members(SCHEMA, found | about, as_json=as_json)


def _end_of(trial: Trial) -> dict[str, object] | TrialFailure:
    """The members of a device that is connected, or how the trial failed."""
    from tng.device.connection import Connected, Denied, Unanswered, Unsafe
    from tng.device.connection_hints import hint

    result = trial.result
    match result:
        case Connected():
            return {
                "status": "connected",
                "host": result.host,
                "topic": result.topic,
                "received": result.received,
                "device_id": result.device_id,
            }
        case Denied():
            end = End.REFUSED
        case Unanswered():
            end = End.UNFINISHED
        case Unsafe():
            end = End.UNREACHED
        case _:
            assert_never(result)
    next_step = hint(result.reason, at_hub=trial.cloud == "azure")
    return TrialFailure(end, result.reason.value, result.message, next_step)
