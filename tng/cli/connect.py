"""``tng connect``: proves that a device reaches its cloud, with its own certificate and key."""

from enum import StrEnum
from typing import Annotated

import typer

from tng.cli.device_options import (
    PROVISIONING_HOST,
    CaFileOption,
    CertificateOption,
    EndpointPortOption,
    ProvisioningHostOption,
    WholeTimeoutOption,
)
from tng.cli.options import ConfigOption
from tng.cli.secrets import KEY_PASSPHRASE_VARIABLE
from tng.cli.token_options import PinFileOption, Pkcs11Option, TokenOption


class ConnectCloud(StrEnum):
    """Clouds that a device can connect to."""

    AWS = "aws"
    AZURE = "azure"


class ConnectFormat(StrEnum):
    """Forms of the result."""

    COLUMNS = "columns"
    JSON = "json"


def connect(
    *,
    certificate: CertificateOption,
    cloud: Annotated[
        ConnectCloud | None, typer.Option(help="The cloud; not needed with --target.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            metavar="FILE|LABEL",
            help="Its private key: a file, PEM or DER (the passphrase of an encrypted one is "
            f"asked for, or taken from {KEY_PASSPHRASE_VARIABLE}); with --pkcs11, its label.",
        ),
    ] = None,
    pkcs11: Pkcs11Option = None,
    token: TokenOption = None,
    pin_file: PinFileOption = None,
    endpoint: Annotated[
        str | None,
        typer.Option(
            metavar="HOST[:PORT]",
            help="AWS: the account's Data-ATS endpoint, which is also the SNI; default: asked for "
            "at --target.",
        ),
    ] = None,
    port: EndpointPortOption = None,
    address: Annotated[
        str | None,
        typer.Option(
            metavar="HOST[:PORT]",
            help="AWS: connect to this address, but name and check --endpoint; for private links "
            "and local gateways, with a key in a file.",
        ),
    ] = None,
    client_id: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="AWS: default: the thing's name where --target knows it, or else the "
            "certificate's common name.",
        ),
    ] = None,
    topic: Annotated[
        str,
        typer.Option(
            metavar="TOPIC",
            help="AWS: publish to it and receive from it; default: devices/ID/connect/RANDOM, "
            "which the policies of `tng examples` allow.",
        ),
    ] = "",
    target: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="AWS: a target of tng.toml, whose account is asked for the endpoint, and for the "
            "cause of a refusal.",
        ),
    ] = None,
    id_scope: Annotated[
        str | None, typer.Option(metavar="SCOPE", help="Azure: the service's id scope.")
    ] = None,
    provisioning_host: ProvisioningHostOption = PROVISIONING_HOST,
    hub_address: Annotated[
        str | None,
        typer.Option(
            metavar="HOST[:PORT]",
            help="Azure: connect to this address, but name and check the hub that was assigned.",
        ),
    ] = None,
    ca_file: CaFileOption = None,
    timeout: WholeTimeoutOption = 60.0,
    config: ConfigOption = None,
    format_: Annotated[
        ConnectFormat, typer.Option("--format", help="Form of the output.")
    ] = ConnectFormat.COLUMNS,
) -> None:
    """Connect once as the device does, send a message, and tell what comes of it.

    AWS: TLS with the exact SNI, MQTT, subscribe, publish, and the message has to come back.
    Azure: a registration until the device is assigned, then a message to the hub that it was
    given. Exit codes: 0 connected, 3 nothing to speak to safely or unusable files, 4 no end by
    the deadline, 5 refused.

    Examples:

    \b
      tng connect --cloud aws --certificate d.pem --key d.key \\
        --endpoint a1b2c3-ats.iot.eu-central-1.amazonaws.com

    \b
      tng connect --target production-eu --certificate d.pem \\
        --pkcs11 softhsm2 --token chips --key sn0123

    \b
      tng connect --cloud azure --id-scope 0ne00012345 \\
        --certificate d.pem --key d.key
    """  # noqa: D301 - click knows its own mark \b as the character alone
    from tng.cli.connecting import ConnectRequest, run

    run(
        ConnectRequest(
            cloud=cloud.value if cloud else None,
            certificate=certificate,
            key=key,
            pkcs11=pkcs11,
            token=token,
            pin_file=pin_file,
            endpoint=endpoint,
            port=port,
            address=address,
            client_id=client_id,
            topic=topic,
            target=target,
            id_scope=id_scope,
            provisioning_host=provisioning_host,
            hub_address=hub_address,
            ca_file=ca_file,
            timeout=timeout,
            config=config,
            as_json=format_ is ConnectFormat.JSON,
        )
    )
