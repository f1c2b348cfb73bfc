"""Audits made up for tests of the reports: of any size, and with any text in every field."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from tng.audit.models import (
    Affected,
    Audit,
    AuditedDevice,
    AuditedTarget,
    AuditInput,
    CertificateFacts,
    Decision,
    Delivery,
    DeviceStanding,
    GeneralFinding,
    HeldElsewhere,
    InputRole,
    LineResult,
    Making,
    OrderMatch,
    Overlap,
    Reconciliation,
    SeenBefore,
    Standing,
    Subject,
    Tally,
    Trouble,
    UnknownDevice,
    UnorderedPart,
    UsedAnchor,
    Verdict,
)
from tng.findings import CHECKS, finding
from tng.models import AnchorReference, Source, Status
from tng.orders import OrderLine, SerialRange

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
ROOT = AnchorReference("sample-root", built_in=True)
SIGNER = AnchorReference("sample-signer", built_in=False)
TARGETS = ("production-eu", "production-dps")
REJECTED_EVERY, UNVERIFIED_EVERY, UNDECODABLE_EVERY = 97, 211, 503
"""One device in so many has this outcome; the first of each kind is among the first ten."""


@dataclass(frozen=True)
class SampleShelf:
    """``count`` devices, made while one walks along; ``text`` stands in every free field."""

    count: int
    text: str | None = None

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[AuditedDevice]:
        return (sample_device(number, self.text) for number in range(1, self.count + 1))


def status_of(number: int) -> Status:
    """The outcome of sample device ``number``."""
    if number % REJECTED_EVERY == 3:
        return Status.REJECTED
    if number % UNVERIFIED_EVERY == 5:
        return Status.UNVERIFIED
    if number % UNDECODABLE_EVERY == 7:
        return Status.UNDECODABLE
    return Status.VERIFIED


def sample_device(number: int, text: str | None = None) -> AuditedDevice:
    """Device ``number``, counted from 1."""

    def free(otherwise: str) -> str:
        return otherwise if text is None else text

    status = status_of(number)
    source = Source(free(f"reel-{1 + number // 40_000}.json"), entry=number)
    if status is Status.UNDECODABLE:
        found = (finding("entry-malformed", free("x5c is not base64")),)
        return AuditedDevice(
            number, status, None, None, None, None, None, None, None, None, None, (), source,
            found, None, (),
        )  # fmt: skip
    genuine = status is Status.VERIFIED
    made = AT - timedelta(days=number % 700)
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    facts = CertificateFacts(
        digest, digest[:32], free(f"sn0123{number:014x}"), free("Sample Signer 1"),
        made, made + timedelta(days=365 * 28),
    )  # fmt: skip
    findings = (finding("manifest-time-outside-signer", free("provisioned 2026-01-01")),)
    if status is Status.REJECTED:
        message = free("the signature is not one of sample-signer over this entry")
        findings = (finding("manifest-signature-invalid", message), *findings)
    elif status is Status.UNVERIFIED:
        findings = (finding("manifest-signer-unknown", free("no known signer has kid x")),)
    standings = tuple(_standing(number, target, free, genuine=genuine) for target in TARGETS)
    return AuditedDevice(
        number=number,
        status=status,
        vendor="microchip",
        device_id=free(f"0123{number:014x}"),
        part_number=free(
            ("ATECC608C-SSH8Q", "ATECC608B-TNGTLSU-G", "ATECC608B-TFLXTLS")[number % 3]
        ),
        group_id=free("359SCE55NV38H3CB"),
        object_id="0",
        provisioned_at=made,
        certificate=facts,
        anchor=ROOT if genuine else None,
        signer=SIGNER if genuine else None,
        path=("sample-signer-1", "sample-root") if genuine else (),
        source=source,
        findings=findings,
        order=OrderMatch(Delivery.AS_ORDERED if genuine else Delivery.NOT_GENUINE, free("PO-7"), 0),
        standings=standings,
    )


def _standing(number: int, target: str, free, *, genuine: bool) -> DeviceStanding:
    if not genuine:
        return DeviceStanding(target, Standing.ABSENT, "", ())
    if number % 1009 == 11:
        return DeviceStanding(
            target, Standing.INCOMPLETE, free("thing"), (free("the policy fleet is not attached"),)
        )
    return DeviceStanding(target, Standing.IN_PLACE, free(f"0123{number:014x}"), ())


def sample_audit(count: int = 10, text: str | None = None) -> Audit:
    """An audit of ``count`` devices in which nearly everything occurs."""
    shelf = SampleShelf(count, text)

    def free(otherwise: str) -> str:
        return otherwise if text is None else text

    devices = list(shelf)
    statuses = Counter(device.status for device in devices)
    accepted = statuses[Status.VERIFIED]
    line = OrderLine(
        free("PO-7"), free("ATECC608*"), accepted + 2,
        (SerialRange("0123" + "0" * 14, "0123" + "f" * 14),), free("359SCE55NV38H3CB"),
        date(2026, 10, 1), Source(free("orders.csv"), line=2),
    )  # fmt: skip
    result = LineResult(line, accepted, 0, count - accepted, (free("0123" + "e" * 14),), 2)
    short = finding("order-short", free("2 of them did not come"))
    general = (
        GeneralFinding(Subject("order", free("PO-7 line 1")), short),
        GeneralFinding(
            Subject("target", free(TARGETS[0])), finding("unknown-registered", free("3 devices"))
        ),
    )
    return Audit(
        making=Making(
            "1.0", AT, False, free("tng audit reel-1.json --expect orders.csv"),
            (("manifest-signer", free("sample-signer"), free("signer.pem")),),
        ),
        verdict=Verdict(
            Decision.DO_NOT_ACCEPT,
            free(f"Do not accept this delivery: {count - accepted} entries are not genuine."),
            (free("2 of those ordered did not come"),),
        ),
        tally=Tally(
            statuses={status: statuses[status] for status in Status},
            chips=count,
            accepted_chips=accepted,
            parts=_parts(devices),
            provisioned=dict(sorted(Counter(
                f"{device.provisioned_at:%Y-%m}" for device in devices if device.provisioned_at
            ).items())),
            ends={"2053": accepted // 2, "2054": accepted - accepted // 2, "none": 1},
        ),
        troubles=_troubles(devices, general),
        general=general,
        reconciliation=Reconciliation(
            (result,), (UnorderedPart(free("SE050C2"), None, 3), UnorderedPart(None, None, 1))
        ),
        overlaps=(Overlap(free("reel-1.json"), free("reel-2.json"), 4),),
        seen_before=(SeenBefore("2026-01-01T00:00:00Z", free("old.json"), 2),),
        targets=(_target(TARGETS[0], devices, free), _target(TARGETS[1], devices, free)),
        elsewhere=(HeldElsewhere(free("staging"), 1),),
        inputs=(
            AuditInput(
                InputRole.SOURCE, free("reel-1.json"), "0" * 64, "microchip-manifest", count
            ),
            AuditInput(InputRole.ORDER, free("orders.csv"), "1" * 64, "csv", 1),
        ),
        anchors=(
            UsedAnchor(ROOT, "root", free("CN=Sample Root"), "a" * 64, "sample document", accepted),
            UsedAnchor(
                SIGNER, "manifest-signer", free("CN=Signer"), "b" * 64, free("signer.pem"), accepted
            ),
        ),
        checks=tuple(CHECKS.values()),
        devices=shelf,
    )  # fmt: skip


def _parts(devices: list[AuditedDevice]) -> dict[str, tuple[int, int]]:
    parts: dict[str, tuple[int, int]] = {}
    for device in devices:
        good, bad = parts.get(device.part_number or "", (0, 0))
        parts[device.part_number or ""] = (good + device.accepted, bad + (not device.accepted))
    return parts


def _troubles(
    devices: list[AuditedDevice], general: tuple[GeneralFinding, ...]
) -> tuple[Trouble, ...]:
    found: dict[str, list[Affected]] = {}
    for device in devices:
        for item in device.findings:
            found.setdefault(item.code, []).append(
                Affected(device.device_id or "-", str(device.source), item.message)
            )
    troubles = [
        Trouble(CHECKS[code], len(items), len(items), tuple(items[:20]))
        for code, items in found.items()
    ]
    troubles += [
        Trouble(
            CHECKS[item.finding.code], 1, 0,
            (Affected(f"{item.subject.kind} {item.subject.name}", "", item.finding.message),),
        )
        for item in general
    ]  # fmt: skip
    return tuple(sorted(troubles, key=lambda item: -item.check.severity.rank))


def _target(name: str, devices: list[AuditedDevice], free) -> AuditedTarget:
    counts = Counter(
        item.standing for device in devices for item in device.standings if item.target == name
    )
    return AuditedTarget(
        name=name,
        cloud="aws" if name.endswith("eu") else "azure",
        place=free("account 111111111111, eu-central-1"),
        facts=(("policy", free("fleet")),),
        counts=dict(counts),
        unknown=(UnknownDevice("c" * 64, free("stranger"), recorded=False),),
        unknown_count=3,
        recorded_count=0,
        problem="",
    )
