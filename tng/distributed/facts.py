"""Whether the workers are able to do the work: the same Python, the same version of tng.

What is asked is the standard library's, so that workers can answer that have no tng at all.
"""

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from tng.distributed.errors import ClusterError

if TYPE_CHECKING:
    from distributed import Client

_PACKAGE = "tng"


def refuse_unfit(client: "Client") -> None:
    """Raise `ClusterError` if a worker, or the scheduler, is of another kind than this process."""
    here = platform.python_version_tuple()[:2]
    for place, tupled in _everywhere(client, platform.python_version_tuple).items():
        if isinstance(tupled, tuple | list) and tuple(tupled[:2]) != here:
            raise ClusterError(
                f"{place} runs Python {'.'.join(tupled[:2])}, and this is {'.'.join(here)}",
                "Install the same Python for scheduler, workers and coordinator.",
            )
    ours = version(_PACKAGE)
    for place, found in _everywhere(client, version, _PACKAGE).items():
        if found != ours:
            what = f"tng {found}" if isinstance(found, str) else "no tng"
            raise ClusterError(
                f"{place} has {what}, and this is tng {ours}",
                "Install the same version for scheduler, workers and coordinator.",
            )


def _everywhere(client: "Client", function: Any, *arguments: str) -> dict[str, Any]:  # noqa: ANN401 - of the standard library
    answers = dict(client.run(function, *arguments, on_error="return"))
    named = {f"the worker {address}": answer for address, answer in answers.items()}
    try:
        named["the scheduler"] = client.run_on_scheduler(function, *arguments)
    except PackageNotFoundError as error:
        named["the scheduler"] = error
    return named
