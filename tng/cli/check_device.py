"""``tng check-device``: does an enrollment work, tried as the device would."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, assert_never

import typer

from tng.cli.console import talk
from tng.cli.device_options import (
    PROVISIONING_HOST,
    CaFileOption,
    CertificateOption,
    ProvisioningHostOption,
    WholeTimeoutOption,
)
from tng.cli.members import print_members
from tng.cli.options import file_here
from tng.cli.secrets import KEY_PASSPHRASE_VARIABLE, ask_secret
from tng.errors import TngError
from tng.exit_codes import ExitCode

if TYPE_CHECKING:
    from tng.device.dps import ProvisioningService
    from tng.device.identity import DeviceIdentity
    from tng.device.result import CheckResult


class CheckedCloud(StrEnum):
    """Clouds that a device can be tried with."""

    AZURE = "azure"


class CheckFormat(StrEnum):
    """Forms of the result: there is only one, so no table of many."""

    COLUMNS = "columns"
    JSON = "json"


class DeviceCheckError(TngError):
    """The device was not assigned; the exit code says which kind of end that was."""

    def __init__(self, message: str, hint: str, exit_code: ExitCode) -> None:
        super().__init__(message, hint)
        self.exit_code = exit_code


def check_device(
    *,
    cloud: Annotated[CheckedCloud, typer.Option(help="Where the device was registered.")],
    certificate: CertificateOption,
    key: Annotated[
        Path,
        typer.Option(
            metavar="FILE",
            parser=file_here,
            help="Its private key, PEM or DER; the passphrase of an encrypted one is asked for, "
            f"or taken from {KEY_PASSPHRASE_VARIABLE}.",
        ),
    ],
    id_scope: Annotated[str, typer.Option(metavar="SCOPE", help="The service's id scope.")],
    provisioning_host: ProvisioningHostOption = PROVISIONING_HOST,
    registration_id: Annotated[
        str | None, typer.Option(metavar="ID", help="Default: the certificate's common name.")
    ] = None,
    ca_file: CaFileOption = None,
    timeout: WholeTimeoutOption = 60.0,
    format_: Annotated[
        CheckFormat, typer.Option("--format", help="Form of the output.")
    ] = CheckFormat.COLUMNS,
) -> None:
    """Register a device once, with its key in a file, and tell what comes of it.

    For test devices: the key of a secure element never leaves it. This is a real registration,
    after which the device is known to its IoT hub. Exit codes: 0 assigned, 3 nothing to ask or
    unusable files, 4 no end by the deadline, 5 refused.

    Example:

      tng check-device --cloud azure --certificate d.pem --key d.key --id-scope 0ne00012345
    """
    from datetime import UTC, datetime

    from tng.device.identity import client_context, load_identity
    from tng.device.links import require
    from tng.device.result import SCHEMA

    match cloud:
        case CheckedCloud.AZURE:
            require("paho", "paho-mqtt")
        case _:
            assert_never(cloud)
    from tng.device.dps import ProvisioningService, check_registration

    service = ProvisioningService.at(id_scope, provisioning_host)
    identity = load_identity(
        certificate,
        key,
        passphrase=_passphrase,
        registration_id=registration_id,
        now=datetime.now(UTC),
    )
    context = client_context(identity, ca_file)
    for warning in identity.warnings:
        talk().print(f"warning: {warning}")
    talk().print(f"Registering {identity.registration_id} at {service.host}:{service.port} …")
    result = check_registration(identity, service, context, timeout_seconds=timeout)
    as_json = format_ is CheckFormat.JSON
    print_members(SCHEMA, _members(identity, service, result), as_json=as_json)
    _raise_unless_assigned(result)


def _passphrase() -> str:
    """From the environment, or from whoever sits at the terminal; never from an argument."""
    return ask_secret(KEY_PASSPHRASE_VARIABLE, "passphrase", "the private key is encrypted")


def _members(
    identity: "DeviceIdentity", service: "ProvisioningService", result: "CheckResult"
) -> dict[str, object]:
    """The result and what it is about, by name; the same in every format."""
    from tng.device.explanations import hint
    from tng.device.result import Assigned, Refused, Unfinished, Unreached

    about: dict[str, object] = {
        "registration_id": identity.registration_id,
        "certificate_sha256": identity.certificate.sha256,
        "id_scope": service.id_scope,
        "host": f"{service.host}:{service.port}",
        "warnings": list(identity.warnings),
    }
    match result:
        case Assigned():
            found: dict[str, object] = {
                "status": "assigned",
                "hub": result.hub,
                "device_id": result.device_id,
                "substatus": result.substatus,
            }
            return found | about
        case Refused():
            status = "refused"
        case Unfinished():
            status = "unfinished"
        case Unreached():
            status = "unreached"
        case _:
            assert_never(result)
    reason: dict[str, object] = {
        "reason": result.reason.value,
        "message": result.message,
        "hint": hint(result.reason),
    }
    if isinstance(result, Refused):
        reason |= {"error_code": result.error_code, "tracking_id": result.tracking_id}
    return {"status": status} | reason | about


def _raise_unless_assigned(result: "CheckResult") -> None:
    from tng.device.explanations import hint
    from tng.device.result import Assigned, Refused, Unfinished, Unreached

    match result:
        case Assigned():
            return
        case Refused():
            code = ExitCode.REFUSED
        case Unfinished():
            code = ExitCode.PARTIAL
        case Unreached():
            code = ExitCode.UNUSABLE
        case _:
            assert_never(result)
    raise DeviceCheckError(result.message, hint(result.reason), code)
