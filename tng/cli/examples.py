"""``tng examples``: policies and a provisioning template to start from."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tng.cli.console import talk
from tng.cli.options import file_here
from tng.errors import OutputError, UsageError

if TYPE_CHECKING:
    from tng.policies.examples import Example, Place

_ANYWHERE = "*"


def examples(
    name: Annotated[str | None, typer.Argument(help="Print this one.", show_default=False)] = None,
    *,
    directory: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="DIR",
            parser=file_here,
            help="Write all, or the one named, into this folder.",
        ),
    ] = None,
    account: Annotated[
        str, typer.Option(metavar="ID", help="AWS account, twelve digits; * is the policy's own.")
    ] = _ANYWHERE,
    region: Annotated[
        str, typer.Option(metavar="REGION", help="AWS region; * is the policy's own.")
    ] = _ANYWHERE,
    template: Annotated[
        str, typer.Option(metavar="NAME", help="Provisioning template that claims may use.")
    ] = "tng-fleet",
    policy: Annotated[
        str, typer.Option(metavar="NAME", help="Policy that the template gives to devices.")
    ] = "tng-device",
    topic_prefix: Annotated[
        str, typer.Option(metavar="PREFIX", help="Levels before the device's own in its topics.")
    ] = "devices",
) -> None:
    """List least-privilege policies and a provisioning template, print one, or write them.

    Examples:

      tng examples

      tng examples device-policy --account 111111111111 --region eu-central-1

      tng examples -o policies --template factory-line-2
    """
    from tng.policies.examples import EXAMPLES, Place, example

    place = Place(account, region, template, policy, topic_prefix)
    place.check()
    chosen = EXAMPLES if name is None else (example(name),)
    if directory is not None:
        _write(chosen, place, directory)
    elif name is None:
        width = max(len(item.name) for item in EXAMPLES)
        for item in EXAMPLES:
            typer.echo(f"{item.name:<{width}}  {item.about}")
        return
    else:
        typer.echo(chosen[0].render(place), nl=False)
    _tell_assumed(chosen, place)


def _write(chosen: "tuple[Example, ...]", place: "Place", directory: Path) -> None:
    """Write them; what is there already is never replaced."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for item in chosen:
            path = directory / item.file_name
            with path.open("x", encoding="utf-8") as stream:
                stream.write(item.render(place))
            typer.echo(path)
    except FileExistsError as error:
        raise UsageError(
            f"{error.filename} is there already", "Name another folder, or move it away."
        ) from error
    except OSError as error:
        raise OutputError(
            f"{error.filename or directory} cannot be written: {error.strerror}",
            "Check the folder and its permissions.",
        ) from error


def _tell_assumed(chosen: "tuple[Example, ...]", place: "Place") -> None:
    """Say what was left at its default, as it may not be what is meant."""
    from dataclasses import fields

    used = {field for item in chosen for field in item.fields}
    assumed = [
        f"--{field.name.replace('_', '-')} {getattr(place, field.name)}"
        for field in fields(place)
        if field.name in used and getattr(place, field.name) == field.default
    ]
    if assumed:
        talk().print(f"filled in by default: {', '.join(assumed)}")
