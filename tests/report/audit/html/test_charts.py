"""Charts show each count once, to scale, within their frame, in drawing and table alike."""

from itertools import pairwise
from xml.etree import ElementTree

import pytest

from tests.audit.sample import sample_audit
from tests.report.hostile import HOSTILE
from tng.report.audit.html.charts import Bar, Part, TimeColumn, Unit, bar_chart, column_chart
from tng.report.audit.html.charts.bars import widths
from tng.report.audit.html.charts.columns import round_top
from tng.report.audit.html.charts.periods import MOST_COLUMNS, month_number, periods
from tng.report.audit.html.charts.svg import WIDTH, element, fitting
from tng.report.audit.html.pictures import pictures


def _parsed(drawing: str) -> ElementTree.Element:
    return ElementTree.fromstring(drawing)  # noqa: S314 - the test itself had it drawn


def test_widths_are_to_scale():
    assert widths(Bar("a", "", (Part(50, "x"), Part(50, "y"))), 200) == [WIDTH / 4, WIDTH / 4]


def test_little_is_still_seen_and_the_bar_stays_in_its_frame():
    shown = widths(Bar("a", "", (Part(1_000_000, "x"), Part(1, "y"), Part(0, "z"))), 1_000_001)
    assert shown[1] >= 3
    assert shown[2] == 0
    assert sum(shown) == pytest.approx(WIDTH)


def test_a_chart_of_nothing_is_drawn():
    assert widths(Bar("a", "", (Part(0, "x"),)), 0) == [0]
    assert _parsed(bar_chart("k", "T", "D", [Bar("a", "0", (Part(0, "x"),))], (), []).drawing)
    assert _parsed(column_chart("k", "T", "D", [], "when").drawing)


@pytest.mark.parametrize(
    ("most", "top"), [(0, 1), (1, 1), (3, 4), (4, 4), (5, 5), (6, 10), (99, 100), (120, 200)]
)
def test_the_axis_ends_at_a_round_number(most: int, top: int):
    assert round_top(most) == top


@pytest.mark.parametrize("text", [*HOSTILE, "</svg><script>", '" onload="x'])
def test_text_in_a_drawing_is_text(text: str):
    chart = bar_chart("k", text, text, [Bar(text, text[:5], (Part(1, "x"),))], ("h",), [(text,)])
    drawing = _parsed(chart.drawing)
    assert {part.tag for part in drawing.iter()} == {"svg", "title", "desc", "text", "rect"}
    assert not any(key.startswith("on") for part in drawing.iter() for key in part.attrib)


def test_labels_are_cut_to_what_fits_beside_the_figure():
    assert fitting("short", "1") == "short"
    assert fitting("x" * 100, "1").endswith("…")
    assert len(fitting("x" * 100, "12,345 + 6 not accepted")) < len(fitting("x" * 100, "1"))
    assert fitting("x" * 100, "9" * 100) == "…"


def test_attributes_are_written_and_escaped():
    assert element("a", "<", class_="b", data_c='"', x=1.50) == (
        '<a class="b" data-c="&#34;" x="1.5">&lt;</a>'
    )


def test_months_are_shown_without_gaps():
    found = periods({"2024-11": 2, "2025-02": 3}, Unit.MONTH)
    assert [(period.label, period.count) for period in found] == [
        ("2024-11", 2), ("2024-12", 0), ("2025-01", 0), ("2025-02", 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("counts", "unit", "label"),
    [
        ({"2020-01": 1, "2025-12": 1}, Unit.MONTH, "2020-01 to 2020-03"),
        ({"2000-01": 1, "2025-12": 1}, Unit.MONTH, "2000"),
        ({"2020": 1, "2099": 1}, Unit.YEAR, "2020 to 2024"),
        ({"0001": 1, "9999": 1}, Unit.YEAR, "0 to 999"),
    ],
)
def test_long_times_are_put_together(counts: dict[str, int], unit: Unit, label: str):
    found = periods(counts, unit)
    assert found[0].label == label
    assert len(found) <= MOST_COLUMNS
    assert sum(period.count for period in found) == 2


def test_the_month_of_the_audit_is_within():
    assert [period.year for period in periods({"2028": 1}, Unit.YEAR, 2026 * 12)] == [
        2026, 2027, 2028,
    ]  # fmt: skip


@pytest.mark.parametrize("key", ["none", "", "20x4", "2024-xx", "²024"])
def test_what_is_no_month_is_left_out(key: str):
    assert month_number(key) is None
    assert periods({key: 1}, Unit.MONTH) == []


def test_figures_and_labels_do_not_touch_and_columns_are_in_the_frame():
    columns = [TimeColumn(str(year), str(year), year, "verified") for year in range(2020, 2056)]
    drawing = _parsed(column_chart("k", "T", "D", columns, "year").drawing)
    for part in drawing.iter("rect"):
        assert float(part.get("x")) + float(part.get("width")) <= WIDTH
    lines: dict[str, list[float]] = {}
    for part in drawing.iter("text"):
        if part.get("text-anchor") == "middle":
            lines.setdefault(part.get("y"), []).append(float(part.get("x")))
    axis = sorted(lines[max(lines, key=float)])
    assert min(after - before for before, after in pairwise(axis)) >= 40


def test_each_chart_says_its_figures_as_a_table_and_in_words():
    charts = {chart.title: chart for chart in pictures(sample_audit(10))}
    assert list(charts) == [
        "Outcomes", "Part numbers", "Who vouches", "Provisioned", "Certificates end",
        "Where they are registered",
    ]  # fmt: skip
    for chart in charts.values():
        assert chart.description.endswith(".")
        assert {len(row) for row in chart.rows} == {len(chart.headings)}
    assert ("verified", "7", "70.0 %") in {row[:3] for row in charts["Outcomes"].rows}
    assert ("no end", "1") in charts["Certificates end"].rows
    assert ("CN=Signer", "manifest signer", "ADDED, not built in", "7") in set(
        charts["Who vouches"].rows
    )


def test_nothing_to_count_is_no_chart():
    assert list(pictures(sample_audit(0))) == []
