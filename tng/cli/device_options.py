"""Options of the commands that connect as a device does, so that they read alike in all of them."""

from pathlib import Path
from typing import Annotated

import typer

from tng.cli.options import file_here

PROVISIONING_HOST = "global.azure-devices-provisioning.net"

CertificateOption = Annotated[
    Path,
    typer.Option(
        "--certificate", metavar="FILE", parser=file_here, show_default=False,
        help="The device's certificate, PEM or DER.",
    ),
]  # fmt: skip
EndpointPortOption = Annotated[
    int | None,
    typer.Option(
        "--port", metavar="PORT", min=1, max=65535, show_default=False,
        help="AWS: the endpoint's port, where --endpoint does not say it: 8883 unless given, or "
        "443 where that is closed.",
    ),
]  # fmt: skip
ProvisioningHostOption = Annotated[
    str,
    typer.Option(
        "--provisioning-host", metavar="HOST[:PORT]",
        help="Azure: the device endpoint of the DPS; the port is 8883.",
    ),
]  # fmt: skip
CaFileOption = Annotated[
    Path | None,
    typer.Option(
        "--ca-file", metavar="FILE", parser=file_here, show_default=False,
        help="Trust these CAs (PEM) instead of the system's.",
    ),
]  # fmt: skip
WholeTimeoutOption = Annotated[
    float,
    typer.Option(
        "--timeout", metavar="SECONDS", min=1, max=3600, help="Deadline of the whole."
    ),
]  # fmt: skip
