"""What an audit rests on: its files by their content, and the anchors that vouch."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tng.audit.models import AuditInput, InputRole, UsedAnchor
from tng.errors import InputError
from tng.findings import CHECKS, Check
from tng.findings.auditing import AUDITING
from tng.findings.planning import PLANNING
from tng.findings.reading import READING
from tng.findings.verifying import VERIFYING
from tng.models import AnchorReference, InputSummary
from tng.trust.store import TrustStore

_OF_TARGETS = ("device-", "registration-", "registered-", "not-genuine-", "unknown-", "target-")
_OF_ORDERS = ("order-", "part-", "group-", "serial-", "delivered-on-")


def source_inputs(inputs: Iterable[InputSummary]) -> Iterator[AuditInput]:
    """The sources, as a scan read them."""
    for item in inputs:
        yield AuditInput(InputRole.SOURCE, item.path, item.sha256, item.kind, item.entries)


def file_input(role: InputRole, path: Path) -> AuditInput:
    """A file that decides something, by its content; raises `InputError` if it is unreadable."""
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror or error}"
        raise InputError(message, "Check its name and permissions.") from error
    return AuditInput(role, str(path), digest, path.suffix.lstrip(".").lower(), 1)


def used_anchors(
    store: TrustStore, vouching: Mapping[AnchorReference, int]
) -> tuple[UsedAnchor, ...]:
    """The anchors and signers that vouched, those of the most devices first."""
    found = []
    for reference, devices in vouching.items():
        anchor = store.find(reference.id)
        if anchor is not None:
            found.append(
                UsedAnchor(
                    reference,
                    anchor.role.value,
                    anchor.subject_text,
                    anchor.certificate_sha256,
                    anchor.source,
                    devices,
                )
            )
    return tuple(sorted(found, key=lambda item: (-item.devices, item.reference.id)))


def checks_run(*, with_orders: bool, with_targets: bool) -> tuple[Check, ...]:
    """The checks that were made: those of orders and targets only where there were any."""
    left_out: tuple[str, ...] = ()
    if not with_orders:
        left_out += _OF_ORDERS
    if not with_targets:
        left_out += _OF_TARGETS
    codes = {check.code for check in (*READING, *VERIFYING)}
    codes |= {check.code for check in AUDITING if not check.code.startswith(left_out)}
    if with_targets:
        codes |= {check.code for check in PLANNING}
    return tuple(check for code, check in CHECKS.items() if code in codes)
