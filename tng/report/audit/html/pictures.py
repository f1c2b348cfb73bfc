"""The charts of an audit: which counts they show, in what order and in which words."""

from collections.abc import Iterator, Mapping

from tng.audit.models import Audit, Standing, UsedAnchor
from tng.models import Status
from tng.report.audit.html.charts import (
    Bar,
    Chart,
    Part,
    TimeColumn,
    Unit,
    bar_chart,
    column_chart,
    periods,
)
from tng.report.audit.html.charts.periods import Period
from tng.report.audit.html.text_filters import plural, share, words
from tng.report.audit.html.view import STATUS_MEANINGS, used_standings, wanted

_MOST_PARTS = 6
_MOST_ANCHORS = 6
_NO_END = "none"


def pictures(audit: Audit) -> Iterator[Chart]:
    """All charts that this audit has figures for, in the order of the page."""
    if not sum(audit.tally.statuses.values()):
        return
    yield _outcomes(audit.tally.statuses)
    yield _parts(audit.tally.parts)
    if audit.anchors:
        yield _anchors(audit)
    if audit.tally.provisioned:
        yield _provisioned(audit.tally.provisioned)
    if audit.tally.ends:
        yield _ends(audit.tally.ends, audit.making.at.year)
    if used_standings(audit):
        yield _targets(audit)


def _outcomes(statuses: Mapping[Status, int]) -> Chart:
    whole = sum(statuses.values())
    counts = [(status, statuses.get(status, 0)) for status in Status]
    bars = [
        Bar(status.value, f"{count:,}", (Part(count, status.value),)) for status, count in counts
    ]
    rows = [
        (status.value, f"{count:,}", share(count, whole), STATUS_MEANINGS[status])
        for status, count in counts
    ]
    said = ", ".join(f"{count:,} {status.value}" for status, count in counts if count)
    return bar_chart(
        "chart-outcomes", "Outcomes", f"Of {plural(whole, 'entry')}: {said}.", bars,
        ("outcome", "entries", "share", "meaning"), rows,
    )  # fmt: skip


def _parts(parts: Mapping[str, tuple[int, int]]) -> Chart:
    ranked = sorted(parts.items(), key=lambda item: (-sum(item[1]), item[0]))
    shown = [(part or "unknown part", good, bad) for part, (good, bad) in ranked[:_MOST_PARTS]]
    if rest := ranked[_MOST_PARTS:]:
        good, bad = (sum(counts[side] for _, counts in rest) for side in (0, 1))
        shown.append((f"{len(rest):,} other part numbers", good, bad))
    bars = [
        Bar(
            part,
            f"{good:,}" + (f" + {bad:,} not accepted" if bad else ""),
            (Part(good, "verified"), Part(bad, "rejected")),
        )
        for part, good, bad in shown
    ]
    rows = [(part or "unknown part", f"{good:,}", f"{bad:,}") for part, (good, bad) in ranked[:100]]
    return bar_chart(
        "chart-parts", "Part numbers",
        f"{plural(len(parts), 'part number')}, accepted and not accepted entries of each.", bars,
        ("part number", "accepted", "not accepted"), rows,
        (("verified", "accepted"), ("rejected", "not accepted")),
    )  # fmt: skip


def _anchors(audit: Audit) -> Chart:
    ranked = sorted(audit.anchors, key=lambda item: (-item.devices, item.reference.id))
    bars = [
        Bar(
            f"{_short_name(anchor)} ({words(anchor.role)})",
            f"{anchor.devices:,}",
            (Part(anchor.devices, "verified" if anchor.reference.built_in else "added"),),
        )
        for anchor in ranked[:_MOST_ANCHORS]
    ]
    rows = [
        (item.subject, words(item.role), item.reference.origin, f"{item.devices:,}")
        for item in ranked
    ]
    added = sum(not item.reference.built_in for item in audit.anchors)
    return bar_chart(
        "chart-anchors", "Who vouches",
        f"Roots, intermediates and signers ({len(ranked):,}) with the devices that rest on each; "
        f"{added} of them ADDED by the user, not built in.", bars,
        ("anchor", "role", "origin", "devices"), rows,
        (("verified", "built in"), ("added", "ADDED, not built in")),
    )  # fmt: skip


def _short_name(anchor: UsedAnchor) -> str:
    """The common name, for a label; the table beside it has the whole subject."""
    return anchor.subject.rpartition("CN=")[2] or anchor.reference.id


def _provisioned(counts: Mapping[str, int]) -> Chart:
    columns = [
        TimeColumn(_short(period), period.label, period.count, "verified")
        for period in periods(counts, Unit.MONTH)
    ]
    return column_chart(
        "chart-provisioned", "Provisioned",
        f"Devices by the date of provisioning, {_span(columns)}.", columns, "provisioned",
    )  # fmt: skip


def _ends(counts: Mapping[str, int], now: int) -> Chart:
    found = periods(counts, Unit.YEAR, now * 12)
    columns = [
        TimeColumn(
            str(period.year),
            period.label,
            period.count,
            "rejected" if period.first + period.months <= now * 12 else "verified",
        )
        for period in found
    ]
    if endless := counts.get(_NO_END, 0):
        columns.append(TimeColumn("no end", "no end", endless, "attested"))
    over = sum(column.count for column in columns if column.pattern == "rejected")
    legend = [("verified", f"in {now} or later")]
    if over:
        legend.append(("rejected", f"before {now}: ended"))
    if endless:
        legend.append(("attested", "without end"))
    return column_chart(
        "chart-ends", "Certificates end",
        f"Certificates by the year of their end, {_span(columns)}; the audit is of {now}, "
        f"{over:,} ended before.", columns, "end", tuple(legend),
    )  # fmt: skip


def _targets(audit: Audit) -> Chart:
    standings = used_standings(audit)
    bars = [
        Bar(
            target.name,
            f"{target.counts.get(Standing.IN_PLACE, 0):,} of {wanted(target):,} in place",
            tuple(Part(target.counts.get(item, 0), f"standing-{item.value}") for item in standings),
        )
        for target in audit.targets
    ]
    rows = [
        (target.name, *(f"{target.counts.get(item, 0):,}" for item in standings))
        for target in audit.targets
    ]
    return bar_chart(
        "chart-targets", "Where they are registered",
        f"{plural(len(bars), 'target')}, devices by how they stand on each.", bars,
        ("target", *(words(item.value) for item in standings)), rows,
        tuple((f"standing-{item.value}", words(item.value)) for item in standings),
    )  # fmt: skip


def _short(period: Period) -> str:
    return period.label if period.months == 1 else period.label.partition(" ")[0]


def _span(columns: list[TimeColumn]) -> str:
    if not columns:
        return "none known"
    first, last = columns[0].label, columns[-1].label
    return first if first == last else f"{first} to {last}"
