"""Contrasts of the palette (WCAG 2.2: 1.4.3, 1.4.11), and good and bad for colour-blind people."""

import re
from itertools import combinations

import pytest

from tests.judging import ROOT

_CSS = (ROOT / "tng/report/audit/html/assets/colors.css").read_text("utf-8")
_LIGHT, _DARK = (
    dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", part))
    for part in _CSS.split("@media", maxsplit=1)
)
THEMES = pytest.mark.parametrize("theme", [_LIGHT, _DARK], ids=["light", "dark"])
_DRAWN = ("drawn-good", "drawn-warning", "drawn-error", "drawn-neutral")
# Viénot, Brettel & Mollon 1999: how linear RGB looks to people without red or green cones.
_BLIND = {
    "protan": ((0.11238, 0.88762, 0), (0.11238, 0.88762, 0), (0.00401, -0.00401, 1)),
    "deutan": ((0.29275, 0.70725, 0), (0.29275, 0.70725, 0), (-0.02234, 0.02234, 1)),
}


def _linear(color: str) -> list[float]:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def contrast(one: str, other: str) -> float:
    lights = [
        sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), _linear(color),
                                                  strict=True))
        for color in (one, other)
    ]  # fmt: skip
    return (max(lights) + 0.05) / (min(lights) + 0.05)


def test_black_on_white_is_twenty_one():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@THEMES
def test_both_themes_have_all_colors(theme: dict[str, str]):
    assert set(theme) == set(_LIGHT)


@THEMES
@pytest.mark.parametrize("name", ["text", "muted", "link", "good", "warning", "error"])
@pytest.mark.parametrize("ground", ["ground", "raised"])
def test_text_is_read_on_the_page(theme: dict[str, str], name: str, ground: str):
    assert contrast(theme[name], theme[ground]) >= 4.5


@THEMES
@pytest.mark.parametrize("tone", ["good", "warning", "error"])
def test_text_is_read_on_its_tint(theme: dict[str, str], tone: str):
    assert contrast(theme[tone], theme[f"{tone}-ground"]) >= 4.5
    assert contrast(theme["text"], theme[f"{tone}-ground"]) >= 4.5


@THEMES
@pytest.mark.parametrize("name", _DRAWN)
def test_what_is_drawn_stands_out_from_the_page(theme: dict[str, str], name: str):
    assert contrast(theme[name], theme["ground"]) >= 3


@THEMES
@pytest.mark.parametrize("kind", _BLIND)
def test_drawn_good_and_bad_differ_for_colour_blind_people(theme: dict[str, str], kind: str):
    seen = {
        name: [sum(w * part for w, part in zip(row, _linear(theme[name]), strict=True))
               for row in _BLIND[kind]]
        for name in ("drawn-good", "drawn-warning", "drawn-error")
    }  # fmt: skip
    for one, other in combinations(seen, 2):
        if "drawn-good" in (one, other):
            apart = sum((a - b) ** 2 for a, b in zip(seen[one], seen[other], strict=True)) ** 0.5
            assert apart > 0.2, (one, other)
