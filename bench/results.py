"""The last run as JSON: each section with its figures, and with when, where and of what.

A section that is measured anew replaces its own alone; since each has its own record, a file
that was put together from several runs says so.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from bench.figures import Figures

SCHEMA = "tng.bench/1"
FOLDER = Path(__file__).parent / "results"
"""Where the run is kept that the documentation shows."""

JSON_NAME, PICTURE_NAME = "last.json", "last.svg"
BEFORE_NAME = "before.json"
"""What the last run replaced: a target is held if it is held twice in a row."""


@dataclass(frozen=True, slots=True)
class SectionResult:
    """One section's figures; ``run`` has date and commit, ``settings`` how much was measured."""

    run: Mapping[str, str]
    machine: Mapping[str, str]
    settings: Mapping[str, float]
    figures: Figures


Results = dict[str, SectionResult]
"""By the section's name, in the order of `bench.sections`."""


def read_results(folder: Path, name: str = JSON_NAME) -> Results:
    """The run that lies in the folder under that name; nothing where none does."""
    path = folder / name
    if not path.exists():
        return {}
    document = orjson.loads(path.read_bytes())
    if document.get("schema") != SCHEMA:
        raise ValueError(f"{path} is {document.get('schema')!r}, expected {SCHEMA!r}")
    return {name: SectionResult(**result) for name, result in document["sections"].items()}


def write_results(folder: Path, results: Results, name: str = JSON_NAME) -> Path:
    """Write the run into the folder, made where missing; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    sections = {section: _rounded(asdict(result)) for section, result in results.items()}
    document = {"schema": SCHEMA, "sections": sections}
    path.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")
    return path


def _rounded(result: dict[str, Any]) -> dict[str, Any]:
    """Six digits: what is behind them differs in every run, and says nothing."""
    figures = {name: float(f"{value:.6g}") for name, value in result["figures"].items()}
    return {**result, "figures": figures}


def merged(before: Results, measured: Results, order: tuple[str, ...]) -> Results:
    """Both, what was measured now instead of what was before, in that order."""
    both = {**before, **measured}
    return {name: both[name] for name in order if name in both}
