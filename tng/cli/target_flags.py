"""The options that describe a target, cloud by cloud, and how commands take them.

Each class is a table: an attribute is the key of ``tng.toml`` that the option overrides, its
annotation what typer shows, its value the default. `takes_flags` gives a command all options
of some tables, and hands it what was given as one mapping.
"""

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from tng.cli.options import file_here

Flags = Mapping[str, object]
"""What was given, by key."""


class TargetIdentity:
    """Which target it is, where one is described by flags; and its rate."""

    cloud: Annotated[
        str | None,
        typer.Option(
            "--cloud", metavar="CLOUD", help="Cloud of the one target that the flags describe."
        ),
    ] = None
    rate: Annotated[
        float | None,
        typer.Option(
            "--rate",
            metavar="N",
            min=0.001,
            help="A second and target; AWS: registrations, Azure: operations.",
        ),
    ] = None


class AwsIdentity:
    """Which account in which region of AWS."""

    region: Annotated[
        str | None, typer.Option("--region", metavar="REGION", help="AWS: the region.")
    ] = None
    profile: Annotated[
        str | None, typer.Option("--profile", metavar="NAME", help="AWS: profile of credentials.")
    ] = None
    role_arn: Annotated[
        str | None,
        typer.Option("--role-arn", metavar="ARN", help="AWS: role to assume in the account."),
    ] = None
    account: Annotated[
        str | None,
        typer.Option(
            "--account", metavar="ID", help="AWS: the account that it must be (12 digits)."
        ),
    ] = None
    endpoint_url: Annotated[
        str | None,
        typer.Option(
            "--endpoint-url", metavar="URL", help="AWS: call this instead of the cloud; STS too."
        ),
    ] = None


class AwsWishes:
    """What is to be made of a device in AWS."""

    policy: Annotated[
        list[str] | None,
        typer.Option("--policy", metavar="NAME", help="AWS: policy to attach; may be repeated."),
    ] = None
    create_policy: Annotated[
        Path | None,
        typer.Option(
            "--create-policy",
            metavar="FILE",
            parser=file_here,
            help="AWS: make the policy of this if missing.",
        ),
    ] = None
    thing_name: Annotated[
        str | None,
        typer.Option(
            "--thing-name", metavar="TEMPLATE", help="AWS: make things, say '{device_id}'."
        ),
    ] = None
    thing_type: Annotated[
        str | None, typer.Option("--thing-type", metavar="NAME", help="AWS: type of the things.")
    ] = None
    thing_group: Annotated[
        list[str] | None,
        typer.Option(
            "--thing-group", metavar="NAME", help="AWS: group to add things to; may be repeated."
        ),
    ] = None
    billing_group: Annotated[
        str | None,
        typer.Option("--billing-group", metavar="NAME", help="AWS: billing group of the things."),
    ] = None
    status: Annotated[
        str | None,
        typer.Option(
            "--status", metavar="STATUS", help="AWS: status of certificates, ACTIVE or INACTIVE."
        ),
    ] = None


class AzureIdentity:
    """Which instance of Azure's Device Provisioning Service."""

    dps_host: Annotated[
        str | None,
        typer.Option(
            "--dps-host", metavar="HOST", help="Azure: service host name of the DPS instance."
        ),
    ] = None
    dps: Annotated[
        str | None,
        typer.Option(
            "--dps",
            "--dps-name",
            metavar="NAME",
            help="Azure: name of the instance, to be looked up; needs the next two.",
        ),
    ] = None
    resource_group: Annotated[
        str | None,
        typer.Option("--resource-group", "-g", metavar="NAME", help="Azure: its resource group."),
    ] = None
    subscription: Annotated[
        str | None,
        typer.Option("--subscription", metavar="ID", help="Azure: its subscription (a UUID)."),
    ] = None
    auth: Annotated[
        str | None,
        typer.Option(
            "--auth",
            "--auth-type",
            metavar="key|login",
            help="Azure: a shared access key (TNG_DPS_CONNECTION_STRING) or whoever is signed in.",
        ),
    ] = None
    ca_file: Annotated[
        Path | None,
        typer.Option(
            "--ca-file",
            metavar="FILE",
            parser=file_here,
            help="Azure: trust this CA for the connection instead.",
        ),
    ] = None


class AzureWishes:
    """What an individual enrollment is to be; names follow ``az iot dps enrollment``."""

    registration_id: Annotated[
        str | None,
        typer.Option(
            "--registration-id",
            "--enrollment-id",
            metavar="TEMPLATE",
            help="Azure: default '{cn}'; is always sent in lower case.",
        ),
    ] = None
    device_id: Annotated[
        str | None,
        typer.Option(
            "--device-id", metavar="TEMPLATE", help="Azure: id in the IoT hub; default '{cn}'."
        ),
    ] = None
    provisioning_status: Annotated[
        str | None,
        typer.Option(
            "--provisioning-status",
            metavar="STATUS",
            help="Azure: enabled (the default) or disabled.",
        ),
    ] = None
    allocation_policy: Annotated[
        str | None,
        typer.Option(
            "--allocation-policy", metavar="POLICY", help="Azure: hashed, geolatency or static."
        ),
    ] = None
    iot_hub: Annotated[
        list[str] | None,
        typer.Option(
            "--iot-hub",
            "--iot-hubs",
            metavar="HOST",
            help="Azure: linked hub that devices may go to; may be repeated.",
        ),
    ] = None
    reprovision_policy: Annotated[
        str | None,
        typer.Option(
            "--reprovision-policy",
            metavar="POLICY",
            help="Azure: reprovisionandmigratedata, reprovisionandresetdata or never.",
        ),
    ] = None
    tags: Annotated[
        str | None,
        typer.Option("--tags", metavar="JSON", help="Azure: tags of the initial twin."),
    ] = None
    desired: Annotated[
        str | None,
        typer.Option(
            "--desired",
            "--props",
            metavar="JSON",
            help="Azure: desired properties of the initial twin.",
        ),
    ] = None
    bulk: Annotated[
        bool | None,
        typer.Option("--bulk/--no-bulk", help="Azure: enroll ten devices in one call."),
    ] = None


class Update:
    """What holds for every cloud."""

    update: Annotated[
        bool,
        typer.Option("--update", help="Change what is there and differs, where that can be done."),
    ] = False


IDENTITY = (TargetIdentity, AwsIdentity, AzureIdentity)
"""The tables of commands that only need to know which target it is."""

COMPARED = (*IDENTITY, AwsWishes, AzureWishes)
"""The tables of commands that compare what is there with what is wanted, and change nothing."""

ALL = (*COMPARED, Update)
"""The tables of commands that say what is to be made."""


def takes_flags(*tables: type) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of ``tables`` in place of its parameter ``flags``.

    The command gets them as a mapping from key to what was given; what has its default is
    left out, lists come as tuples and paths as texts, as in a file.
    """
    options = {
        name: (annotation, vars(table)[name])
        for table in tables
        for name, annotation in get_type_hints(table, include_extras=True).items()
    }

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        def run(**arguments: Any) -> None:  # noqa: ANN401 - whatever typer parsed
            given = {name: arguments.pop(name) for name in options}
            command(**arguments, flags=_given(given, options))

        signature = inspect.signature(command, eval_str=True)
        parameters: list[inspect.Parameter] = []
        for parameter in signature.parameters.values():
            if parameter.name == "flags":
                parameters += [_option(name, *options[name]) for name in options]
            else:
                parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
        run.__name__, run.__doc__, run.__module__ = (
            command.__name__,
            command.__doc__,
            command.__module__,
        )
        run.__annotations__ = {item.name: item.annotation for item in parameters}
        run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # PEP 362
        return run

    return decorate


def _option(name: str, annotation: object, default: object) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def _given(values: Mapping[str, object], options: Mapping[str, tuple[object, object]]) -> Flags:
    given: dict[str, object] = {}
    for name, value in values.items():
        if value == options[name][1] or value == []:
            continue
        if isinstance(value, list):
            given[name] = tuple(value)
        else:
            given[name] = str(value) if isinstance(value, Path) else value
    return given
