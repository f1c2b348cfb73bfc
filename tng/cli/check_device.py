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
from tng.cli.trial_ends import End, TrialFailure

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
    found, about = _end_of(result), _about(identity, service)
    as_json = format_ is CheckFormat.JSON
    if isinstance(found, TrialFailure):
        own = _of_service(result)
        print_members(SCHEMA, found.members | own | about, as_json=as_json)
        raise found.error
    print_members(SCHEMA, found | about, as_json=as_json)


def _passphrase() -> str:
    """From the environment, or from whoever sits at the terminal; never from an argument."""
    return ask_secret(KEY_PASSPHRASE_VARIABLE, "passphrase", "the private key is encrypted")


def _about(identity: "DeviceIdentity", service: "ProvisioningService") -> dict[str, object]:
    """What the result is about, by name; the same in every format."""
    return {
        "registration_id": identity.registration_id,
        "certificate_sha256": identity.certificate.sha256,
        "id_scope": service.id_scope,
        "host": f"{service.host}:{service.port}",
        "warnings": list(identity.warnings),
    }


def _of_service(result: "CheckResult") -> dict[str, object]:
    """What a refusal has of the service's own, to be looked up there."""
    from tng.device.result import Refused

    if isinstance(result, Refused):
        return {"error_code": result.error_code, "tracking_id": result.tracking_id}
    return {}


def _end_of(result: "CheckResult") -> dict[str, object] | TrialFailure:
    """The members of a device that is assigned, or how the trial failed."""
    from tng.device.explanations import hint
    from tng.device.result import Assigned, Refused, Unfinished, Unreached

    match result:
        case Assigned():
            return {
                "status": "assigned",
                "hub": result.hub,
                "device_id": result.device_id,
                "substatus": result.substatus,
            }
        case Refused():
            end = End.REFUSED
        case Unfinished():
            end = End.UNFINISHED
        case Unreached():
            end = End.UNREACHED
        case _:
            assert_never(result)
    return TrialFailure(end, result.reason.value, result.message, hint(result.reason))
