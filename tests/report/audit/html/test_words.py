"""Numbers, shares and times as the page writes them."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from markupsafe import Markup

from tests.audit.sample import sample_audit
from tng.audit.models import Standing
from tng.report.audit.html import text_filters, view


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [(1, "device", "1 device"), (0, "device", "0 devices"), (1200, "entry", "1,200 entries")],
)
def test_plurals(number: int, noun: str, text: str):
    assert text_filters.plural(number, noun) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (0, 0, ""),
        (0, 5, "0 %"),
        (5, 5, "100 %"),
        (1, 100_000, "0.1 %"),
        (99_999, 100_000, "99.9 %"),
        (1, 3, "33.3 %"),
    ],
)
def test_a_share_is_whole_only_if_it_is(part: int, whole: int, text: str):
    assert text_filters.share(part, whole) == text


def test_times_are_of_utc_and_years_have_four_digits():
    moment = datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    assert text_filters.day(moment) == "2025-12-31"
    assert text_filters.minute(moment) == "2025-12-31 22:30 UTC"
    assert text_filters.day(datetime(1, 2, 3, tzinfo=UTC)) == "0001-02-03"
    assert text_filters.day(date(2026, 10, 1)) == "2026-10-01"
    assert text_filters.day(None) == ""


def test_what_is_cut_says_so_and_stays_printable():
    assert text_filters.shortened("abc", 3) == "abc"
    assert text_filters.shortened("abcd", 3) == "ab…"
    assert text_filters.shortened("\x00", 6) == "\\u0000"


def test_only_markup_of_the_package_passes_untouched():
    assert text_filters.inert(Markup("<b>\u202e</b>")) == "<b>\u202e</b>"
    assert text_filters.inert("\u202e") == "\\u202e"


def test_the_figures_beside_the_verdict():
    found = {figure.label: figure for figure in view.figures(sample_audit(10))}
    assert list(found) == [
        "Genuine chips", "Delivered of ordered", "In place on production-eu",
        "In place on production-dps",
    ]  # fmt: skip
    assert (found["Genuine chips"].value, found["Genuine chips"].of) == (7, 10)
    assert not found["Delivered of ordered"].good
    assert found["In place on production-eu"].good


def test_what_must_not_be_registered_is_not_missing_from_a_target():
    target = sample_audit(10).targets[0]
    assert target.counts[Standing.ABSENT] == 2
    assert view.wanted(target) == 7
