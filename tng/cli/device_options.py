"""Options of the commands that connect as a device does, so that they read alike in all of them."""

from typing import Annotated

import typer

EndpointPortOption = Annotated[
    int | None,
    typer.Option(
        "--port", min=1, max=65535, show_default=False,
        help="AWS: the endpoint's port, where --endpoint does not say it: 8883 unless given, or "
        "443 where that is closed.",
    ),
]  # fmt: skip
