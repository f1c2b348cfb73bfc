"""``tng checks``: every check with its code, severity and meaning."""

from typing import Annotated

import typer

from tng.errors import UsageError


def checks(
    code: Annotated[
        str | None, typer.Argument(help="Show this check's page.", show_default=False)
    ] = None,
) -> None:
    """List every check, or show the page of one.

    Examples:

      tng checks

      tng checks manifest-signature-invalid
    """
    from tng.findings import CHECKS
    from tng.findings.pages import check_page

    if code is None:
        width = max(map(len, CHECKS))
        for check in CHECKS.values():
            typer.echo(f"{check.code:<{width}}  {check.severity.value:<7}  {check.title}")
        return
    if code not in CHECKS:
        raise UsageError(f"there is no check {code}", "`tng checks` lists them")
    typer.echo(check_page(CHECKS[code]))
