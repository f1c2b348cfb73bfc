"""What provisioning would do, without doing any of it. Pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tng.csr.model import RequestedDevice, RequestOutcome
from tng.models import Undecodable
from tng.provisioning.result import request_trouble
from tng.provisioning.template import ParameterTemplates


@dataclass(frozen=True, slots=True)
class PreviewedDevice:
    """``state`` is ``"new"``, ``"done"`` or ``"refused"``; ``text`` the parameters, or why not."""

    state: str
    device_id: str
    key: str
    text: str
    parameters: tuple[tuple[str, str], ...] = ()


def preview(
    outcomes: Iterable[RequestOutcome],
    parameters: ParameterTemplates,
    is_done: Callable[[str], bool],
) -> Iterator[PreviewedDevice]:
    """One for each request; ``is_done`` says of a key whether the ledger has it as done."""
    for outcome in outcomes:
        if isinstance(outcome, RequestedDevice):
            key = outcome.request.key
            filled = tuple(parameters.fill(outcome).items())
            text = " ".join(f"{name}={value}" for name, value in filled)
            state = "done" if is_done(key) else "new"
            yield PreviewedDevice(state, outcome.record.device_id, key, text, filled)
        else:
            device_id = "" if isinstance(outcome, Undecodable) else outcome.record.device_id
            yield PreviewedDevice("refused", device_id, "", request_trouble(outcome)[0])
