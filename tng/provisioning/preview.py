"""What provisioning would do, without doing any of it. Pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tng.csr.model import RequestedDevice, RequestOutcome
from tng.models import Undecodable
from tng.provisioning.result import request_trouble
from tng.provisioning.template import ParameterTemplates


@dataclass(frozen=True, slots=True)
class PreviewedDevice:
    """``state`` is ``"new"``, ``"done"``, ``"attention"`` (left to a person) or ``"refused"``.

    ``text`` has the parameters, or why it is refused.
    """

    state: str
    device_id: str
    key: str
    text: str
    parameters: tuple[tuple[str, str], ...] = ()


def preview(
    outcomes: Iterable[RequestOutcome],
    parameters: ParameterTemplates,
    state_of: Callable[[RequestedDevice], str],
) -> Iterator[PreviewedDevice]:
    """One for each request; ``state_of`` says where the ledger has a device that may ask."""
    for outcome in outcomes:
        if isinstance(outcome, RequestedDevice):
            key = outcome.request.key
            filled = tuple(parameters.fill(outcome).items())
            text = " ".join(f"{name}={value}" for name, value in filled)
            state = state_of(outcome)
            problem = parameters.unusable_name(outcome)
            if state == "new" and problem:
                state, text = "refused", problem
            yield PreviewedDevice(state, outcome.record.device_id, key, text, filled)
        else:
            device_id = "" if isinstance(outcome, Undecodable) else outcome.record.device_id
            yield PreviewedDevice("refused", device_id, "", request_trouble(outcome)[0])
