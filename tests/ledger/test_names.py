"""Which keys have a name on a target, in each of the databases."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.ledger.entering import EU, US, enroll
from tng.ledger import (
    DeviceMark,
    DeviceState,
    Direction,
    Intent,
    NameKind,
    Naming,
    SqliteLedger,
    StepMark,
    StepState,
    names,
)
from tng.ledger.schema import APPLICATION_ID, MIGRATIONS

FIRST, SECOND, THIRD = "1" * 64, "2" * 64, "3" * 64


def name(ledger, key, *names, target=EU):
    ledger.record(target.key, key, Direction.REGISTER, names)


def holders(ledger, kind, text, *, but=THIRD):
    return [row.key for row in ledger.holders(EU.key, kind, text, but)]


def test_the_holders_of_a_name_are_all_keys_but_the_one_that_asks(ledger):
    enroll(ledger, FIRST, SECOND)
    name(ledger, FIRST, Naming(NameKind.DEVICE, "A1"), Naming(NameKind.THING, "board-A1"))
    name(ledger, SECOND, Naming(NameKind.DEVICE, "A1"), Naming(NameKind.DEVICE, "A1"))
    assert holders(ledger, NameKind.DEVICE, "A1") == [FIRST, SECOND]
    assert holders(ledger, NameKind.DEVICE, "A1", but=FIRST) == [SECOND]
    assert holders(ledger, NameKind.THING, "board-A1") == [FIRST]
    assert holders(ledger, NameKind.DEVICE, "a1") == []


def test_names_on_another_target_are_another_matter(ledger):
    enroll(ledger, FIRST, target=US)
    enroll(ledger, SECOND)
    name(ledger, FIRST, Naming(NameKind.DEVICE, "A1"), target=US)
    assert holders(ledger, NameKind.DEVICE, "A1") == []


def test_who_failed_holds_no_name(ledger):
    enroll(ledger, FIRST)
    name(ledger, FIRST, Naming(NameKind.DEVICE, "A1"), DeviceMark(DeviceState.FAILED, "refused"))
    assert holders(ledger, NameKind.DEVICE, "A1") == []


@pytest.mark.parametrize(
    ("mark", "expected"), [(StepState.INTENT, [FIRST]), (StepState.FAILED, [])]
)
def test_who_failed_with_a_registering_of_unknown_end_holds_its_name(ledger, mark, expected):
    enroll(ledger, FIRST)
    name(
        ledger, FIRST,
        Naming(NameKind.DEVICE, "A1"), Intent("RegisterThing", "ab", 1, absent=False),
        StepMark("RegisterThing", "ab", mark), DeviceMark(DeviceState.FAILED, "no answer"),
    )  # fmt: skip
    assert holders(ledger, NameKind.DEVICE, "A1") == expected


def test_a_name_without_end_is_told_from_others_like_it(ledger):
    enroll(ledger, FIRST, SECOND)
    name(ledger, FIRST, Naming(NameKind.DEVICE, "A" * 100_000))
    name(ledger, SECOND, Naming(NameKind.DEVICE, "A" * 100_001))
    assert holders(ledger, NameKind.DEVICE, "A" * 100_000) == [FIRST]


def test_one_device_is_found_by_its_key(ledger):
    enroll(ledger, FIRST, SECOND)
    found = ledger.device(EU.key, SECOND)
    assert found is not None
    assert (found.key, found.device_id, found.state) == (SECOND, "id-2222", DeviceState.PENDING)
    assert ledger.device(EU.key, THIRD) is None


@contextmanager
def older_ledger(path: Path) -> Iterator[sqlite3.Connection]:
    """The file as it was before names were kept."""
    with closing(sqlite3.connect(path)) as old, old:
        old.executescript(";".join(MIGRATIONS[:2]))
        old.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        old.execute("PRAGMA user_version = 2")
        old.execute("INSERT INTO runs VALUES (1, 'tng', '1', '', '', 'done')")
        yield old


def add_device(old: sqlite3.Connection, number: int, cloud: str, host: str) -> None:
    old.execute(
        "INSERT INTO targets VALUES (?, ?, 'Boards', ?, ?, 'Boards')",
        (number, f"{cloud}:{host}:Boards", cloud, host),
    )
    old.execute(
        "INSERT INTO devices VALUES (?, ?, 'A1', 'board-A1', 1, 'done', '', '', '')",
        (number, FIRST),
    )


def test_a_ledger_of_an_older_version_knows_the_names_of_what_was_provisioned(tmp_path):
    path = tmp_path / "tng-ledger.db"
    with older_ledger(path) as old:
        add_device(old, 1, "aws-fleet", "host")
        add_device(old, 2, "aws", "host")
    with SqliteLedger(path) as ledger:
        for kind, text in ((NameKind.DEVICE, "A1"), (NameKind.THING, "board-A1")):
            found = ledger.holders("aws-fleet:host:Boards", kind, text, SECOND)
            assert [row.key for row in found] == [FIRST]
            assert ledger.holders("aws:host:Boards", kind, text, SECOND) == ()


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        (["Host.Example."], ["host.example"]),
        (["HOST", "Host."], ["host", "Host."]),
        (["HOST", "host"], ["HOST", "host"]),
        (["host", "other"], ["host", "other"]),
    ],
)
def test_endpoints_of_an_older_version_get_one_spelling(tmp_path, hosts, expected):
    path = tmp_path / "tng-ledger.db"
    with older_ledger(path) as old:
        for number, host in enumerate(hosts, start=1):
            add_device(old, number, "aws-fleet", host)
    with SqliteLedger(path) as ledger:
        assert [target.account for target in ledger.targets()] == expected
        for target in ledger.targets():
            assert ledger.device(target.key, FIRST) is not None


def test_a_holder_is_looked_for_by_its_name_and_not_one_by_one(tmp_path):
    with (
        SqliteLedger(tmp_path / "tng-ledger.db"),
        closing(sqlite3.connect(tmp_path / "tng-ledger.db")) as file,
    ):
        plan = file.execute(f"EXPLAIN QUERY PLAN {names.HOLDERS}", (1, "", "", "", 1)).fetchall()
    told = [step[-1] for step in plan]
    assert sum("SEARCH" in step for step in told) == 3
    assert all(step.startswith(("SEARCH", "CORRELATED")) for step in told)
