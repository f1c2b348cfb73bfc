"""Charts as plain SVG with their figures as a table; nothing here knows what an audit is."""

from tng.report.audit.html.charts.bars import Bar, Part, bar_chart
from tng.report.audit.html.charts.columns import TimeColumn, column_chart
from tng.report.audit.html.charts.periods import Unit, periods
from tng.report.audit.html.charts.svg import Chart

__all__ = [
    "Bar",
    "Chart",
    "Part",
    "TimeColumn",
    "Unit",
    "bar_chart",
    "column_chart",
    "periods",
]
