"""What `tng connect` does: from its options to one trial. Its end is put in words elsewhere."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tng.cli.connection_output import Trial, print_trial
from tng.cli.console import talk
from tng.cli.secrets import KEY_PASSPHRASE_VARIABLE, ask_secret
from tng.cli.token_options import read_pin, token_uri
from tng.errors import ConfigurationError, InputError, UsageError

if TYPE_CHECKING:
    from tng.device.account import Registration, RegistrationFacts
    from tng.device.link import DeviceCredentials
    from tng.x509.certificate import Certificate

_ADDRESS_HINT = "Say 127.0.0.1:8883, for example."
_MQTT_PORT = 8883


@dataclass(frozen=True, slots=True)
class ConnectRequest:
    """The options of the command, by their names."""

    cloud: str | None
    certificate: Path
    key: str | None
    pkcs11: str | None
    token: str | None
    pin_file: Path | None
    endpoint: str | None
    port: int | None
    address: str | None
    client_id: str | None
    topic: str
    target: str | None
    id_scope: str | None
    provisioning_host: str
    hub_address: str | None
    ca_file: Path | None
    timeout: float
    config: Path | None
    as_json: bool


def run(request: ConnectRequest) -> None:
    """Do it and print it; raises `TrialError` unless the device is connected."""
    cloud = request.cloud or ("aws" if request.target else None)
    if cloud is None:
        raise UsageError("no cloud was named", "Add --cloud aws, --cloud azure or --target NAME.")
    _refuse_others(request, cloud)
    trial = _try_aws(request) if cloud == "aws" else _try_azure(request)
    print_trial(trial, as_json=request.as_json)


def _refuse_others(request: ConnectRequest, cloud: str) -> None:
    """An option that the cloud has no use for would be believed to have had an effect."""
    others = (
        {"--id-scope": request.id_scope, "--hub-address": request.hub_address}
        if cloud == "aws"
        else {
            "--endpoint": request.endpoint,
            "--port": request.port,
            "--address": request.address,
            "--client-id": request.client_id,
            "--topic": request.topic,
            "--target": request.target,
            "--pkcs11": request.pkcs11,
            "--token": request.token,
        }
    )
    for name, value in others.items():
        if value:
            raise UsageError(f"{name} has no meaning for --cloud {cloud}", "Leave it out.")


def _try_aws(request: ConnectRequest) -> Trial:
    from tng.device.addresses import read_address
    from tng.device.aws import AwsTrial, connect_to_aws
    from tng.device.link import DeviceEndpoint

    facts = _facts(request)
    credentials = _credentials(request)
    leaf = credentials.certificate
    client_id = request.client_id or _thing(facts, leaf) or leaf.subject.common_name
    if not client_id:
        raise UsageError(
            "the certificate has no common name to connect as", "Name the client: --client-id"
        )
    host, port = _host(request, facts)
    address = request.address and read_address(
        request.address, default_port=port, hint=_ADDRESS_HINT
    )
    endpoint = DeviceEndpoint(host, port, address or None, request.ca_file)
    trial = AwsTrial(endpoint, credentials, client_id, request.topic, facts)
    warnings = _begin(leaf, f"{client_id} to {trial.place}")
    result = connect_to_aws(trial, timeout_seconds=request.timeout)
    return Trial("aws", trial.place, client_id, leaf, warnings, result)


def _try_azure(request: ConnectRequest) -> Trial:
    from tng.device.addresses import read_address
    from tng.device.identity import load_identity
    from tng.device.links import require

    require("paho", "paho-mqtt")
    from tng.device.azure_hub import AzureTrial, connect_to_azure
    from tng.device.dps import ProvisioningService

    if request.id_scope is None:
        raise UsageError("--cloud azure needs --id-scope", "It is on the service's overview page.")
    service = ProvisioningService.at(request.id_scope, request.provisioning_host)
    hub = request.hub_address and read_address(
        request.hub_address, default_port=_MQTT_PORT, hint=_ADDRESS_HINT
    )
    identity = load_identity(
        request.certificate,
        _key_file(request),
        passphrase=_passphrase,
        registration_id=None,
        now=datetime.now(UTC),
    )
    place = f"{service.host}:{service.port}"
    warnings = _begin(identity.certificate, f"{identity.registration_id} to {place}")
    trial = AzureTrial(identity, service, request.ca_file, hub or None)
    result = connect_to_azure(trial, timeout_seconds=request.timeout)
    return Trial("azure", place, identity.registration_id, identity.certificate, warnings, result)


def _begin(leaf: "Certificate", what: str) -> tuple[str, ...]:
    """Say what is tried; the warnings that were said, for the result."""
    from tng.device.credentials import validity_warnings
    from tng.report.text import printable

    warnings = validity_warnings(leaf, datetime.now(UTC))
    for warning in warnings:
        talk().print(f"warning: {warning}")
    talk().print(f"Connecting {printable(what)} …")
    return warnings


def _credentials(request: ConnectRequest) -> "DeviceCredentials":
    from tng.device.credentials import load_file_credentials, load_token_credentials

    if request.pkcs11 is None:
        if request.token is not None:
            raise UsageError(
                "a key in a token needs --pkcs11",
                "Name the token's module, as --pkcs11 /usr/lib/softhsm/libsofthsm2.so",
            )
        return load_file_credentials(request.certificate, _key_file(request), _passphrase)
    uri = token_uri(request.pkcs11, request.token, request.key)
    return load_token_credentials(request.certificate, uri, read_pin(uri, request.pin_file))


def _key_file(request: ConnectRequest) -> Path:
    from tng.cli.options import file_here

    if request.key is None:
        raise UsageError(
            "no private key was named",
            "Add --key FILE, or --pkcs11 MODULE --token LABEL --key LABEL.",
        )
    return file_here(request.key)


def _passphrase() -> str:
    return ask_secret(KEY_PASSPHRASE_VARIABLE, "passphrase", "the private key is encrypted")


def _facts(request: ConnectRequest) -> "RegistrationFacts | None":
    """The account of ``--target``; no call is made yet."""
    if request.target is None:
        return None
    from tng.clouds.aws.settings import AwsSettings
    from tng.clouds.registry import select_targets
    from tng.config import load_settings

    settings = load_settings(request.config, os.environ, Path())
    (target,) = select_targets(settings, [request.target], {})
    if not isinstance(target, AwsSettings):
        raise UsageError(
            f"--target {request.target} is not at AWS",
            "Azure tells a device's hub by itself: use --cloud azure --id-scope.",
        )
    try:
        from tng.clouds.aws.device_facts import open_device_facts
    except ImportError as error:
        raise ConfigurationError(
            f"asking an account needs a package that is not installed: {error.name}",
            "Install it with: pip install 'tng[aws]'",
        ) from error
    return open_device_facts(target)


def _thing(facts: "RegistrationFacts | None", leaf: "Certificate") -> str:
    """The name of the certificate's one thing; empty where that is not known."""
    from tng.device.account import FactsError

    registration: Registration | None = None
    if facts is not None:
        try:
            registration = facts.registration(leaf.sha256)
        except FactsError as error:
            talk().print(f"warning: the account cannot be asked: {error}")
    things = registration.things if registration else ()
    return things[0] if len(things) == 1 else ""


def _host(request: ConnectRequest, facts: "RegistrationFacts | None") -> tuple[str, int]:
    from tng.device.account import FactsError
    from tng.device.addresses import read_endpoint

    if request.endpoint is not None:
        return read_endpoint(request.endpoint, request.port, default_port=_MQTT_PORT)
    if facts is None:
        raise UsageError(
            "--cloud aws needs --endpoint, or --target",
            "`aws iot describe-endpoint --endpoint-type iot:Data-ATS` says it.",
        )
    try:
        return facts.endpoint(), request.port or _MQTT_PORT
    except FactsError as error:
        raise InputError(
            f"the endpoint cannot be asked for: {error}",
            "Name it with --endpoint, or check the target's credentials.",
        ) from error
