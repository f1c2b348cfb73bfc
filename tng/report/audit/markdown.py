"""Markdown for a ticket: verdict first, then what is wrong and what to do, as far as it fits.

The page is bounded whatever the size of the audit; where something is left out, it says how
much of it, and that the other forms of the report have it.
"""

from collections.abc import Iterator
from typing import BinaryIO

from tng.audit.models import Audit, AuditedDevice, Decision, Standing, Trouble
from tng.models import Status
from tng.report.audit.markdown_comparisons import write_reconciliation, write_targets
from tng.report.audit.markdown_page import Page, row
from tng.report.audit.markdown_text import code, counted, prose
from tng.report.rows import timestamp

_TITLES = {
    Decision.ACCEPT: "Accept this delivery",
    Decision.ACCEPT_WITH_REMARKS: "Accept this delivery, with remarks",
    Decision.DO_NOT_ACCEPT: "Do not accept this delivery",
    Decision.NOTHING: "There was nothing to judge",
}
_EXAMPLES = 3
_REASONS, _PARTS, _TROUBLES, _INPUTS, _ANCHORS = 3_000, 3_000, 14_000, 6_000, 4_000
"""Octets that these sections may take; devices get what is left."""


def write_markdown(audit: Audit, stream: BinaryIO) -> None:
    """Write the page; it has less than `TICKET_LIMIT` characters."""
    page = Page()
    _write_verdict(page, audit)
    _write_troubles(page, audit)
    write_reconciliation(page, audit)
    write_targets(page, audit)
    _write_making(page, audit)
    _write_devices(page, audit)
    stream.write(page.text().encode())


def _write_verdict(page: Page, audit: Audit) -> None:
    page.write(f"# {_TITLES[audit.verdict.decision]}")
    page.write()
    page.write(prose(audit.verdict.sentence, 1_000))
    page.write()
    page.fill((f"- {prose(reason)}" for reason in audit.verdict.reasons), _REASONS, "reasons are")
    page.write()
    page.head([*(status.value for status in Status), "chips", "genuine chips"])
    counts = [f"{audit.tally.statuses.get(status, 0):,}" for status in Status]
    page.write(row([*counts, f"{audit.tally.chips:,}", f"{audit.tally.accepted_chips:,}"]))
    page.write()
    page.head(["Part number", "Genuine", "Not genuine"])
    parts = (
        row([code(part) or "(unknown)", f"{accepted:,}", f"{others:,}"])
        for part, (accepted, others) in audit.tally.parts.items()
    )
    page.fill(parts, _PARTS, "part numbers are")


def _write_troubles(page: Page, audit: Audit) -> None:
    page.heading("What is wrong and what to do")
    troubles = [item for item in audit.troubles if item.check.severity.rank > 0]
    if not troubles:
        page.write("Nothing was found that weighs more than a notice.")
        return
    lines = ("\n".join(_trouble(item)) for item in troubles)
    page.fill(lines, _TROUBLES, "kinds of findings are")


def _trouble(trouble: Trouble) -> Iterator[str]:
    check = trouble.check
    count = (
        counted(trouble.devices, "device") if trouble.devices else counted(trouble.count, "time")
    )
    yield f"- **{check.severity.value}: {prose(check.title)}** (`{check.code}`), {count}"
    yield f"  - What to do: {prose(check.remedy, 1_000)}"
    for example in trouble.examples[:_EXAMPLES]:
        source = f" in {code(example.source)}" if example.source else ""
        yield f"  - {code(example.name)}{source}: {prose(example.message)}"
    further = trouble.count - min(_EXAMPLES, len(trouble.examples))
    if further > 0:
        yield f"  - and {further:,} more"


def _write_making(page: Page, audit: Audit) -> None:
    making = audit.making
    strict = ", strict" if making.strict else ""
    page.heading("How this was made")
    page.write(
        f"Judged as of {timestamp(making.at)}{strict} by tng {prose(making.tool_version)}: "
        f"{code(making.command, 1_000)}"
    )
    page.write()
    page.head(["Input", "Read as", "Kind", "Entries", "SHA-256"])
    inputs = (
        row([code(item.path), item.role.value, prose(item.kind), f"{item.entries:,}",
             code(item.sha256) or "could not all be read"])
        for item in audit.inputs
    )  # fmt: skip
    page.fill(inputs, _INPUTS, "inputs are")
    page.write()
    page.head(["Trust anchor", "Role", "Origin", "Vouched for", "SHA-256 of its certificate"])
    anchors = (
        row([code(item.reference.id), prose(item.role), item.reference.origin,
             f"{item.devices:,}", code(item.sha256)])
        for item in audit.anchors
    )  # fmt: skip
    page.fill(anchors, _ANCHORS, "anchors are")
    page.write()
    page.write(f"{len(audit.checks):,} checks were run; `tng checks` explains them.")


def _write_devices(page: Page, audit: Audit) -> None:
    page.heading("Devices with errors or warnings")
    page.head(["Status", "Device", "Part number", "Source", "Trouble"])
    troubled = (
        device
        for device in audit.devices
        if device.heaviest is not None and device.heaviest.rank > 0
    )
    page.fill_rest(map(_device, troubled), "devices are")


def _device(device: AuditedDevice) -> str:
    messages = [prose(item.message) for item in device.findings if item.severity.rank > 0]
    places = [
        f"{code(item.target)} {item.standing.value}"
        for item in device.standings
        if item.standing not in (Standing.IN_PLACE, Standing.ABSENT)
    ]
    return row(
        [
            device.status.value,
            code(device.device_id),
            code(device.part_number),
            code(device.source),
            "; ".join([*messages, *places]),
        ]
    )
