"""How the end of `tng connect` is told: members, columns or JSON, and the exit code."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from tng.cli.members import print_members
from tng.errors import TngError
from tng.exit_codes import ExitCode

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


class ConnectError(TngError):
    """The device did not connect; the exit code says which kind of end that was."""

    def __init__(self, message: str, hint: str, exit_code: ExitCode) -> None:
        super().__init__(message, hint)
        self.exit_code = exit_code


def _members(trial: Trial) -> dict[str, object]:
    """The result and what it is about, by name; the same in every format."""
    from tng.device.connection import Connected, Denied, Unanswered, Unsafe
    from tng.device.connection_hints import hint

    about: dict[str, object] = {
        "cloud": trial.cloud,
        "endpoint": trial.endpoint,
        "client_id": trial.client_id,
        "certificate_sha256": trial.leaf.sha256,
        "warnings": list(trial.warnings),
    }
    result = trial.result
    match result:
        case Connected():
            found: dict[str, object] = {
                "status": "connected",
                "host": result.host,
                "topic": result.topic,
                "received": result.received,
                "device_id": result.device_id,
            }
            return found | about
        case Denied():
            status = "refused"
        case Unanswered():
            status = "unfinished"
        case Unsafe():
            status = "unreached"
        case _:
            assert_never(result)
    reason: dict[str, object] = {
        "reason": result.reason.value,
        "message": result.message,
        "hint": hint(result.reason, at_hub=trial.cloud == "azure"),
    }
    return {"status": status} | reason | about


def print_trial(trial: Trial, *, as_json: bool) -> None:
    """The result on stdout, as columns or as JSON."""
    from tng.device.connection import SCHEMA

    print_members(SCHEMA, _members(trial), as_json=as_json)


def raise_unless_connected(trial: Trial) -> None:
    """Raise `ConnectError` for every end but one."""
    from tng.device.connection import Connected, Denied, Unanswered, Unsafe
    from tng.device.connection_hints import hint

    result = trial.result
    match result:
        case Connected():
            return
        case Denied():
            code = ExitCode.REFUSED
        case Unanswered():
            code = ExitCode.PARTIAL
        case Unsafe():
            code = ExitCode.UNUSABLE
        case _:
            assert_never(result)
    next_step = hint(result.reason, at_hub=trial.cloud == "azure")
    raise ConnectError(result.message, next_step, code)
