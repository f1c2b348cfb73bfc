"""Targets, results and the picture of them."""

from dataclasses import replace
from xml.etree import ElementTree as Xml

import pytest

from bench.figures import Section, Standing, Target
from bench.picture import picture
from bench.results import SectionResult, merged, read_results, write_results
from bench.sections import SECTIONS
from bench.targets import target_rows

AT_LEAST = Target("of the limit", "ratio", 0.75, "{:.0%}")
AT_MOST = Target("start-up", "seconds", 0.25, "{:.2f} s", at_least=False)
RESULT = SectionResult({"date": "today", "commit": "abc"}, {"cores": "2"}, {"rounds": 5.0}, {})


def result_of(**figures: float) -> SectionResult:
    return replace(RESULT, figures=figures)


@pytest.mark.parametrize(
    ("target", "figures", "standing"),
    [
        (AT_LEAST, {"ratio": 0.75}, Standing.HELD),
        (AT_LEAST, {"ratio": 0.749}, Standing.MISSED),
        (AT_MOST, {"seconds": 0.25}, Standing.HELD),
        (AT_MOST, {"seconds": 0.251}, Standing.MISSED),
        (AT_MOST, {}, Standing.UNKNOWN),
    ],
)
def test_a_target_is_held_up_to_its_bound(target, figures, standing):
    assert target.standing(figures) is standing


def test_a_target_of_a_section_that_was_not_measured_is_told():
    section = Section("here", "", lambda _: {}, lambda _: (), (AT_LEAST,))
    rows = list(target_rows([section], {}))
    assert [(row.found, row.standing) for row in rows] == [("-", Standing.UNKNOWN)]


def test_results_come_back_as_they_were_written(tmp_path):
    results = {"local": result_of(ratio=0.8), "million": result_of(seconds=100)}
    write_results(tmp_path, results)
    assert read_results(tmp_path) == results


def test_results_of_another_schema_are_refused(tmp_path):
    (tmp_path / "last.json").write_text('{"schema": "tng.bench/0"}')
    with pytest.raises(ValueError, match="bench/0"):
        read_results(tmp_path)


def test_a_section_that_is_measured_anew_replaces_its_own_figures_alone():
    before = {"b": result_of(ratio=1), "a": result_of(ratio=2)}
    after = merged(before, {"b": result_of(ratio=3)}, ("a", "b", "c"))
    assert list(after) == ["a", "b"]
    assert (after["a"], after["b"]) == (result_of(ratio=2), result_of(ratio=3))


def test_the_picture_is_well_formed_and_says_what_is_held_in_words():
    results = {
        "peers": result_of(peers_limit_us=100, peers_tng_us=120, peers_tng_to_thingpress=1.5),
        "local": result_of(one_core_ratio_to_limit=0.8),
    }
    texts = [element.text for element in Xml.fromstring(picture(results)).iter()]  # noqa: S314  # ours
    assert "10,000" in texts
    assert {"held", "missed", "not measured"} <= set(texts)
    rows = sum(len(section.targets) for section in SECTIONS)
    assert sum(text in {standing.value for standing in Standing} for text in texts) == rows
