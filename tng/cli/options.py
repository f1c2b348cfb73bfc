"""Options that several commands share, so that they read and mean the same everywhere."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from tng.errors import UsageError
from tng.findings.model import Severity


def file_here(name: str | Path) -> Path:
    """The path of a file or folder that has to be on this machine.

    Raises `UsageError` for a URL: as a path, it would be a folder called ``s3:``.
    """
    from tng.storage.locations import is_url, local_path

    if isinstance(name, Path):
        return name
    if is_url(name):
        raise UsageError(
            "a URL was given where a file or folder of this machine has to be",
            "Sources, --expect and --output may be URLs; give a path here.",
        )
    return Path(local_path(name))


Sources = Annotated[
    list[str],
    typer.Argument(
        metavar="SOURCE...",
        help="Files, directories, globs, URLs (s3, abfs) or - for stdin; .gz and .zip are opened.",
        show_default=False,
    ),
]


class Format(StrEnum):
    """Forms of output."""

    COLUMNS = "columns"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    MARKDOWN = "markdown"


class FailOn(StrEnum):
    """Values of ``--fail-on``: a severity, or never."""

    NOTICE = "notice"
    WARNING = "warning"
    ERROR = "error"
    NEVER = "never"

    @property
    def severity(self) -> Severity | None:
        """The lightest severity that fails the run; ``None`` for never."""
        return None if self is FailOn.NEVER else Severity(self.value)


FormatOption = Annotated[Format, typer.Option("--format", help="Form of the output.")]


def folder_here(name: str | Path) -> Path:
    """`file_here` of a folder that is there, or can be made; raises `UsageError` for a file."""
    path = file_here(name)
    if path.exists() and not path.is_dir():
        raise UsageError(f"{path} is a file, expected a folder", "Name another one.")
    return path


Name = TypeVar("Name", str, Path, str | None, Path | None)


def writable(name: Name) -> Name:
    """A callback: refuse it now, and not after hours of work.

    Raises what `tng.cli.output.refuse_unwritable` does.
    """
    if name is not None:
        from tng.cli.output import refuse_unwritable

        refuse_unwritable(str(name))
    return name


_OUTPUT_HELP = "Write the output to this file or URL instead of stdout."
OutputOption = Annotated[
    str | None, typer.Option("--output", "-o", metavar="FILE", callback=writable, help=_OUTPUT_HELP)
]
IndexOutputOption = Annotated[
    str | None, typer.Option("--output", metavar="FILE", callback=writable, help=_OUTPUT_HELP)
]
"""Of the commands that make something else besides, which is what their ``-o`` names."""
FailOnOption = Annotated[
    FailOn, typer.Option("--fail-on", help="Exit 1 if there is a finding this heavy or heavier.")
]
JobsOption = Annotated[
    int,
    typer.Option(
        "--jobs", "-j", metavar="N", min=0, help="Processes that read and verify; 0 = one a core."
    ),
]
DaskOption = Annotated[
    str | None,
    typer.Option(
        "--dask",
        metavar="ADDRESS",
        help="Read and verify on the workers of this dask scheduler (tcp://host:8786), not here; "
        "local starts some.",
    ),
]
StrictOption = Annotated[
    bool,
    typer.Option("--strict", help="Refuse timestamps outside the manifest signer's validity."),
]
AtOption = Annotated[
    str | None,
    typer.Option("--at", metavar="TIME", help="Judge validity at this RFC 3339 time, not now."),
]
TrustAnchorOption = Annotated[
    list[Path],
    typer.Option(
        "--trust-anchor",
        metavar="FILE",
        parser=file_here,
        help="Trust these CA certificates as well (PEM or DER).",
    ),
]
ManifestSignerOption = Annotated[
    list[Path],
    typer.Option(
        "--manifest-signer",
        metavar="FILE",
        parser=file_here,
        help="Trust these manifest signers as well.",
    ),
]
IntermediateOption = Annotated[
    list[Path],
    typer.Option(
        "--intermediate",
        metavar="FILE",
        parser=file_here,
        help="Issuer certificates that are missing; trusted only under an anchor.",
    ),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        parser=file_here,
        envvar="TNG_CONFIG",
        help="Configuration file; default: tng.toml here, if there is one.",
    ),
]
