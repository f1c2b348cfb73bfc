"""Two reports compared: what changed beside their devices."""

import io
from pathlib import Path

import pytest

from tests.audit.reports import report_members, write_members
from tng.audit.comparison import Comparison
from tng.audit.fact_changes import FactChange
from tng.audit.models import Decision


def _facts(tmp_path: Path, change) -> list[FactChange]:
    members = report_members()
    old = write_members(tmp_path / "old.json", members)
    change(members)
    new = write_members(tmp_path / "new.json", members)
    with Comparison(old, new, io.BytesIO()) as comparison:
        assert not list(comparison.changes())
        return list(comparison.facts)


def test_equal_reports_have_no_change_at_all(tmp_path: Path):
    assert _facts(tmp_path, lambda members: None) == []


def _set(value, *path):
    def change(members):
        for step in path[:-1]:
            members = members[step]
        members[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "topic", "old", "new"),
    [
        (_set("2.0", "run", "version"), "tool", "1.0", "2.0"),
        (_set(True, "run", "strict"), "strictness", "no", "yes"),
        (_set([], "run", "added_trust"), "added trust", "signer.pem", None),
        (_set("f" * 64, "inputs", 0, "sha256"), "input", "sha256 " + "0" * 64,
         "sha256 " + "f" * 64),
        (_set(None, "inputs", 0, "sha256"), "input", "sha256 " + "0" * 64,
         "not all of it could be read"),
        (_set("c" * 64, "anchors", 0, "sha256"), "anchor", "built in, sha256 " + "a" * 64,
         "built in, sha256 " + "c" * 64),
        (_set(90, "reconciliation", "lines", 0, "quantity"), "order line", "4", "90"),
        (_set(9, "targets", 0, "unknown_count"), "target", "3", "9"),
        (_set("timeout", "targets", 0, "problem"), "target", None, "timeout"),
        (_set(False, "targets", 0, "listed"), "target", "3", None),
        (_set(7, "summary", "outcomes", "verified"), "outcome", "2", "7"),
    ],
)  # fmt: skip
def test_what_changed_beside_the_devices(tmp_path: Path, change, topic, old, new):
    (fact,) = _facts(tmp_path, change)
    assert (fact.topic, fact.old, fact.new) == (topic, old, new)
    assert fact.finding is None


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (Decision.ACCEPT, Decision.DO_NOT_ACCEPT, "verdict-worse"),
        (Decision.ACCEPT, Decision.NOTHING, "verdict-worse"),
        (Decision.ACCEPT, Decision.ACCEPT_WITH_REMARKS, "verdict-remarks"),
        (Decision.DO_NOT_ACCEPT, Decision.ACCEPT_WITH_REMARKS, "verdict-better"),
    ],
)
def test_verdicts(tmp_path: Path, old, new, code):
    first, second = report_members(), report_members()
    first["verdict"]["decision"], second["verdict"]["decision"] = old.value, new.value
    names = write_members(tmp_path / "a", first), write_members(tmp_path / "b", second)
    with Comparison(*names, io.BytesIO()) as comparison:
        (fact,) = comparison.facts
        assert fact.finding.code == code
        assert comparison.summary().codes == {code: 1}


def test_two_order_lines_of_the_same_part_are_told_apart(tmp_path: Path):
    members = report_members()
    members["reconciliation"]["lines"] *= 2
    old = write_members(tmp_path / "a", members)
    other = report_members()
    other["reconciliation"]["lines"] = [
        members["reconciliation"]["lines"][0],
        members["reconciliation"]["lines"][0] | {"delivered": 0},
    ]
    with Comparison(old, write_members(tmp_path / "b", other), io.BytesIO()) as comparison:
        assert [fact.name for fact in comparison.facts] == [
            "PO-7 ATECC608* 359SCE55NV38H3CB (2): delivered"
        ]


def _compared(tmp_path: Path, old: object, new: object) -> list[tuple[str, str | None, str | None]]:
    names = write_members(tmp_path / "a", old), write_members(tmp_path / "b", new)
    with Comparison(*names, io.BytesIO()) as comparison:
        return [(f"{fact.topic}: {fact.name}", fact.old, fact.new) for fact in comparison.facts]


def test_what_only_one_report_has_takes_one_line(tmp_path: Path):
    full, bare = report_members(), report_members()
    bare["targets"], bare["reconciliation"] = [], None
    there, back = _compared(tmp_path, bare, full), _compared(tmp_path, full, bare)
    assert [name for name, _, _ in there] == [
        "order line: PO-7 ATECC608* 359SCE55NV38H3CB",
        *(f"target: {target['name']}" for target in full["targets"]),
    ]
    assert there[0][1:] == (None, "quantity 4, delivered 2, not genuine 1, missing 2")
    assert there[1][2].startswith(f"{full['targets'][0]['cloud']} {full['targets'][0]['place']}: ")
    assert "in no source 3" in there[1][2]
    assert [(name, new, old) for name, old, new in back] == there


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("X", "Y", None), ("X", "Y (2)", None)),
        (("A B", "C", None), ("A", "B C", None)),
        (("A", "B", "C"), ("A", "B C", None)),
    ],
)
def test_names_that_read_alike_hide_no_change(tmp_path: Path, first, second):
    names = ("order", "part_number", "group_id")
    old = report_members()
    line = old["reconciliation"]["lines"][0]
    # The first one twice: its second would be called as the other one is.
    lines = [line | dict(zip(names, values, strict=True)) for values in (first, first, second)]
    old["reconciliation"]["lines"] = lines
    for place in range(len(lines)):
        new = report_members()
        new["reconciliation"]["lines"] = list(lines)
        new["reconciliation"]["lines"][place] = lines[place] | {"delivered": 77}
        assert [fact[2] for fact in _compared(tmp_path, old, new)] == ["77"]


def test_a_target_that_is_called_as_a_count_of_another_hides_no_change(tmp_path: Path):
    old, new = report_members(), report_members()
    target = old["targets"][0]
    for members in (old, new):
        members["targets"] = [target, target | {"name": f"{target['name']}: missing"}]
    new["targets"][0] = target | {"counts": target["counts"] | {"missing": 9}}
    assert [fact[2] for fact in _compared(tmp_path, old, new)] == ["9"]


def test_members_of_one_name_in_an_archive_are_told_apart(tmp_path: Path):
    old, new = report_members(), report_members()
    member = old["inputs"][0] | {"path": "a.zip!x"}
    old["inputs"] = [member | {"sha256": digit * 64} for digit in "12"]
    new["inputs"] = [member | {"sha256": digit * 64} for digit in "32"]
    assert [fact[1:] for fact in _compared(tmp_path, old, new)] == [
        ("sha256 " + "1" * 64, "sha256 " + "3" * 64)
    ]


def test_trust_is_told_by_its_id_and_not_by_where_its_file_lies(tmp_path: Path):
    old, new = report_members(), report_members()
    new["run"]["added_trust"][0]["source"] = "../elsewhere/signer.pem"
    new["inputs"].append(
        {"role": "manifest-signer", "path": "../elsewhere/signer.pem", "sha256": "d" * 64}
    )
    assert _compared(tmp_path, old, new) == []
    new["run"]["added_trust"][0]["id"] = "added-other"
    assert [fact[1:] for fact in _compared(tmp_path, old, new)] == [
        (None, "../elsewhere/signer.pem"),
        ("signer.pem", None),
    ]


def test_anchors_are_not_compared_with_a_report_that_names_none(tmp_path: Path):
    old, new = report_members(), report_members()
    del old["anchors"]
    assert _compared(tmp_path, old, new) == _compared(tmp_path, new, old) == []
