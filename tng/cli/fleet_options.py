"""Options of fleet provisioning and of the bench, shared by the two commands that have them."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tng.cli.options import file_here, folder_here

CERTIFICATES = Path("certificates")


class IssuedFormat(StrEnum):
    """Forms in which devices are told of that asked for certificates."""

    COLUMNS = "columns"
    JSON = "json"
    JSONL = "jsonl"


EndpointOption = Annotated[
    str | None,
    typer.Option(
        "--endpoint", metavar="HOST[:PORT]", show_default=False,
        help="The account's Data-ATS endpoint, which is also the SNI; the port is 8883 unless "
        "given, or 443 where that is closed.",
    ),
]  # fmt: skip
TemplateOption = Annotated[
    str | None,
    typer.Option(
        "--template", metavar="NAME", show_default=False, help="The provisioning template."
    ),
]
ClaimCertificateOption = Annotated[
    Path | None,
    typer.Option(
        "--claim-certificate", metavar="FILE", parser=file_here, show_default=False,
        help="The claim certificate, PEM or DER.",
    ),
]  # fmt: skip
ClaimKeyOption = Annotated[
    str | None,
    typer.Option(
        "--claim-key", metavar="FILE|LABEL", show_default=False,
        help="Its private key: a file, or with --claim-pkcs11 its label.",
    ),
]  # fmt: skip
ClaimPkcs11Option = Annotated[
    str | None,
    typer.Option(
        "--claim-pkcs11", metavar="MODULE", show_default=False,
        help="PKCS#11 module of the token that has the claim's key: a path, a name, or a URI.",
    ),
]  # fmt: skip
ClaimTokenOption = Annotated[
    str | None,
    typer.Option(
        "--claim-token", metavar="LABEL", show_default=False, help="Label of the claim's token."
    ),
]
ClaimPinFileOption = Annotated[
    Path | None,
    typer.Option(
        "--claim-pin-file", metavar="FILE", parser=file_here, show_default=False,
        help="File with the PIN of the claim's token; otherwise TNG_CLAIM_PKCS11_PIN or "
        "TNG_PKCS11_PIN, or it is asked for.",
    ),
]  # fmt: skip
AddressOption = Annotated[
    str | None,
    typer.Option(
        "--address", metavar="HOST[:PORT]", show_default=False,
        help="Connect to this address, but name and check --endpoint (a key in a file only).",
    ),
]  # fmt: skip
ParameterOption = Annotated[
    list[str],
    typer.Option(
        "--parameter", metavar="NAME=TEMPLATE", show_default=False,
        help="A parameter of the template; {device_id}, {common_name} and {key_sha256} are "
        "filled in. May be repeated.",
    ),
]  # fmt: skip
ClientIdOption = Annotated[
    str | None,
    typer.Option(
        "--client-id", metavar="ID", show_default=False,
        help="MQTT client id of the claim; default: tng- and a random number.",
    ),
]  # fmt: skip
CertificatesOption = Annotated[
    Path,
    typer.Option(
        "--certificates", metavar="DIR", parser=folder_here,
        help="Folder for certificates, a PEM and a JSON file for each device.",
    ),
]  # fmt: skip
AgainOption = Annotated[
    bool,
    typer.Option(
        "--again",
        help="Provision anew devices that the ledger knows already: whose earlier attempt has no "
        "known end, or that come with another key. It holds for all sources: name those alone.",
    ),
]
KeepOption = Annotated[
    list[str],
    typer.Option(
        "--keep", metavar="CERTIFICATE_ID", show_default=False,
        help="Take this certificate, whose activation had no known end, as the device's own: after "
        "`tng connect` with it succeeded. May be repeated.",
    ),
]  # fmt: skip
TimeoutOption = Annotated[
    float,
    typer.Option("--timeout", min=1, max=3600, metavar="SECONDS", help="Deadline of each device."),
]
BaudRateOption = Annotated[
    int, typer.Option("--baud-rate", metavar="N", min=50, max=4_000_000, help="Of the serial port.")
]
CountOption = Annotated[
    int, typer.Option("--count", min=0, metavar="N", help="End after N devices; 0 = never.")
]
AnswerTimeoutOption = Annotated[
    float,
    typer.Option(
        "--answer-timeout", min=1, max=3600, metavar="SECONDS",
        help="How long a device may take to make its request, and to confirm.",
    ),
]  # fmt: skip
IssuedFormatOption = Annotated[IssuedFormat, typer.Option("--format", help="Form of the output.")]
