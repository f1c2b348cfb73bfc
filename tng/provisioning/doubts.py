"""What is said of certificates that may be active, and of names that are somebody else's. Pure.

Each is a matter for a person: nothing is asked again by itself, since the second certificate of a
device would be active beside the first.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from tng.csr.issuing import IssuingRefused
from tng.ledger import DeviceRow

MAY_BE_ACTIVE = "may-be-active"
"""The folder, within that of the results, of certificates whose end is not known."""

_NEXT = (
    "try it (`tng connect`, with the device's key): if it connects, run again with --keep and its "
    "id; or look for it in the account, delete it if it is active, then run again with --again, "
    "which holds for all sources: name this device's file alone"
)
_MOST_TOLD = 5
_BESIDES = "may be active besides: "
_CERTIFICATE_ID = re.compile(r"[0-9a-f]{64}")


def unknown_end(certificates: Sequence[str], why: str = "", hint: str = "") -> IssuingRefused:
    """RegisterThing was asked for these, and what came of it is not known; ``why`` says more."""
    more = f" ({why})" if why else ""
    return IssuingRefused(
        f"certificate {_listed(certificates)} may be active: the end of its RegisterThing is not "
        f"known{more}; {_NEXT}",
        f"{hint} Certificates that may be active are in {MAY_BE_ACTIVE}, within the folder of "
        "--certificates, so that they can be tried.".strip(),
        attention=True,
        may_be_active=tuple(certificates),
    )


def name_taken(
    device_id: str, others: Sequence[DeviceRow], certificates: Sequence[str]
) -> IssuingRefused:
    """The ledger has the device's id with other keys; nothing was asked for."""
    keys = _listed([row.key for row in others])
    return IssuingRefused(
        f"the ledger has {device_id} with another key ({keys}; {others[0].state}), so that its "
        "thing would be another device's",
        "Find out which of them is the device. If its key was replaced, delete the certificate of "
        "the other one, then run again with --again.",
        attention=True,
        may_be_active=tuple(certificates),
    )


def thing_taken(
    thing: str, certificate_id: str, others: Sequence[DeviceRow], certificates: Sequence[str]
) -> IssuingRefused:
    """The template has given the device a thing that the ledger has for other keys."""
    names = _listed([row.device_id for row in others])
    return IssuingRefused(
        f"thing {thing} is that of {names} too, with another key: certificate {certificate_id} is "
        "active and attached to it",
        "Delete the certificate that is not the device's, and have the template call things by "
        "what tells devices from each other. If it is meant to be so, run again with --again.",
        attention=True,
        may_be_active=(certificate_id, *certificates),
    )


def still_open(reason: str, certificate_id: str, others: Sequence[str]) -> IssuingRefused:
    """An earlier run left the device, with its certificate, to a person for that ``reason``."""
    return IssuingRefused(
        reason,
        "Once that is settled, run again with --again: the device keeps its certificate.",
        attention=True,
        may_be_active=(certificate_id, *others),
    )


def with_besides(refused: IssuingRefused, certificates: Sequence[str]) -> IssuingRefused:
    """The refusal of a device of which others may be active: that stays for a person."""
    if not certificates:
        return refused
    return replace(
        refused,
        reason=f"{refused.reason}; {besides(certificates)}",
        attention=True,
        may_be_active=(*refused.may_be_active, *certificates),
    )


def besides(certificates: Sequence[str]) -> str:
    """What the ledger notes of a device that was provisioned anew; empty where there is nothing."""
    return f"{_BESIDES}{', '.join(certificates)}" if certificates else ""


def noted(reason: str) -> tuple[str, ...]:
    """The certificates of `besides`, from the reason that the ledger has of a device."""
    _, found, told = reason.partition(_BESIDES)
    return tuple(_CERTIFICATE_ID.findall(told)) if found else ()


def not_at_hand(certificate_id: str, others: Sequence[str]) -> IssuingRefused:
    """What was to be kept is neither in the ledger nor in the folder."""
    return IssuingRefused(
        f"certificate {certificate_id} is to be kept, but neither the ledger nor {MAY_BE_ACTIVE} "
        "has it",
        "Name the folder that has it with --certificates.",
        attention=True,
        may_be_active=(certificate_id, *others),
    )


def _listed(texts: Sequence[str]) -> str:
    further = len(texts) - _MOST_TOLD
    told = ", ".join(texts[:_MOST_TOLD])
    return f"{told} and {further} more" if further > 0 else told
