"""Scans: the same results whatever the number of processes, however entries are damaged."""

import io
import os
import signal
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import orjson
import pytest

from tests.judging import TRUST, codes, microchip, verifier
from tng.decode.interface import Block
from tng.models import Outcome, Status, Undecodable
from tng.parallel import Lost
from tng.scan import Scan
from tng.scan.losses import without
from tng.scan.shares import Readable, ShareCutter
from tng.sources import open_inputs
from tng.testing.manifest import BARE_STYLE, make_entries
from tng.verify.verifier import Verifier

COUNT = 700
JOBS = (1, 2, 7)


@cache
def _entries() -> tuple[bytes, ...]:
    entries = make_entries(microchip(), COUNT, style=BARE_STYLE, start=40_000)
    return tuple(map(orjson.dumps, entries))


def _array(entries) -> bytes:
    return b"[" + b",\n".join(entries) + b"]"


def _scan(data: bytes, jobs: int, by: Verifier | None = None) -> tuple[list[Outcome], Scan]:
    scan = Scan(["-"], io.BytesIO(data), jobs)
    return list(scan.outcomes(by or verifier())), scan


def _place(outcome: Outcome) -> int | None:
    source = outcome.source if isinstance(outcome, Undecodable) else outcome.record.source
    return source.entry


@pytest.mark.parametrize("jobs", JOBS)
def test_entries_are_numbered_in_order(jobs: int):
    outcomes, scan = _scan(_array(_entries()), jobs)
    assert [_place(outcome) for outcome in outcomes] == list(range(1, COUNT + 1))
    assert {outcome.status for outcome in outcomes} == {Status.VERIFIED}
    assert scan.inputs[0].entries == scan.summary.total == COUNT


@pytest.mark.parametrize("jobs", JOBS)
def test_damage_shifts_no_number(jobs: int):
    # More entries than payloads, and payloads that are no entries: both mislead the counting.
    entries = list(_entries())
    entries[5] = b'{"foo":1},{"bar":2}'
    entries[9] = b'{"payload":"a","payload":"b","payload":"c"}'
    entries[300] = entries[300][:-40]
    entries[301] = b'{"header":1}'
    data = _array(entries)
    outcomes, scan = _scan(data, jobs)
    assert [_place(outcome) for outcome in outcomes] == list(range(1, COUNT + 2))
    broken = [_place(o) for o in outcomes if o.status is Status.UNDECODABLE]
    assert broken == [6, 7, 11, 302, 303]
    assert scan.inputs[0].entries == COUNT + 1
    assert outcomes == _scan(data, 1)[0]


@pytest.mark.parametrize("jobs", JOBS)
def test_numbers_begin_anew_in_each_input(tmp_path: Path, jobs: int):
    damaged = [b'{"foo":1},{"bar":2}', *_entries()[:300]]
    (tmp_path / "a.json").write_bytes(_array(damaged))
    (tmp_path / "b.json").write_bytes(_array(_entries()[300:]))
    scan = Scan([str(tmp_path)], io.BytesIO(), jobs)
    places = [_place(outcome) for outcome in scan.outcomes(verifier())]
    assert places == [*range(1, 303), *range(1, 401)]
    assert [item.entries for item in scan.inputs] == [302, 400]


@pytest.mark.parametrize("jobs", JOBS)
def test_duplicates_are_found_across_shares(jobs: int):
    repeated = [*_entries()[:400], *_entries()[100:300]]
    outcomes, scan = _scan(_array(repeated), jobs)
    assert [o.status for o in outcomes] == [Status.VERIFIED] * 400 + [Status.REJECTED] * 200
    assert "- entry 101" in outcomes[400].findings[-1].message
    assert scan.summary.outcome_counts()["rejected"] == 200
    assert scan.summary.codes["duplicate-certificate"] == 200


def line(outcome: Outcome) -> str:
    return f"{_place(outcome)} {outcome.status.value} {sorted(codes(outcome))}"


@pytest.mark.parametrize("jobs", JOBS)
def test_results_are_made_of_what_duplicates_became(jobs: int):
    data = _array([*_entries()[:300], *_entries()[:300], b"{"])
    scan = Scan(["-"], io.BytesIO(data), jobs)
    lines = list(scan.results(verifier(), line))
    assert lines == [line(outcome) for outcome in _scan(data, 1)[0]]
    assert sum("duplicate-certificate" in text for text in lines) == 300


class FailingVerifier(Verifier):
    """Fails, or dies, on one device."""

    deadly = False

    def __init__(self, poison: str) -> None:
        super().__init__(verifier().store, verifier().policy)
        self.poison = poison

    def __reduce__(self):
        return type(self), (self.poison,)

    def judge(self, entry):
        if entry.record.device_id == self.poison:
            if self.deadly:
                os.kill(os.getpid(), signal.SIGKILL)
            raise ValueError("cannot be judged")
        return super().judge(entry)


class DyingVerifier(FailingVerifier):
    deadly = True


@dataclass(frozen=True)
class _Poisoned:
    data: bytes
    number: int
    device_id: str


@pytest.fixture
def poisoned() -> _Poisoned:
    return _Poisoned(_array(_entries()), 450, orjson.loads(_entries()[449])["header"]["uniqueId"])


@pytest.mark.parametrize("jobs", JOBS)
def test_an_entry_on_which_the_tool_fails_affects_no_other(poisoned: _Poisoned, jobs: int):
    by = FailingVerifier(poisoned.device_id)
    outcomes, _ = _scan(poisoned.data, jobs, by)
    failed = [o for o in outcomes if o.status is not Status.VERIFIED]
    assert [(_place(o), codes(o)) for o in failed] == [(450, {"entry-failed"})]
    assert "cannot be judged" in failed[0].findings[0].message
    assert len(outcomes) == COUNT


def test_an_entry_that_kills_its_process_affects_its_share_alone(poisoned: _Poisoned):
    by = DyingVerifier(poisoned.device_id)
    outcomes, scan = _scan(poisoned.data, 2, by)
    lost = [_place(o) for o in outcomes if o.status is Status.UNDECODABLE]
    assert 450 in lost
    assert lost == list(range(lost[0], lost[-1] + 1))
    assert len(lost) < 200
    assert scan.summary.codes["entry-lost"] == len(lost)
    assert [_place(outcome) for outcome in outcomes] == list(range(1, COUNT + 1))
    assert sum(o.status is Status.VERIFIED for o in outcomes) == COUNT - len(lost)


def test_a_share_has_few_bytes_whatever_number_of_entries_they_seem_to_be():
    # No "payload" at all: each block of half a megabyte seems to hold nothing.
    entry = b'{"protected":"' + b"a" * 4000 + b'"},'
    data = b"[" + entry * 2000 + b'{"protected":1}]'
    shares = list(ShareCutter().cut(open_inputs(["-"], io.BytesIO(data))))
    blocks = [
        [item.piece for item in share.items if isinstance(item, Readable)] for share in shares
    ]
    assert sum(isinstance(one, Block) and not one.entries for each in blocks for one in each) > 10
    assert max(sum(len(one.data) for one in each) for each in blocks) < 2 * 1024 * 1024


def test_a_lost_share_names_every_entry(tmp_path: Path):
    (tmp_path / "a.json").write_bytes(_array(_entries()[:3]))
    (tmp_path / "root.pem").write_bytes((TRUST / "root.pem").read_bytes())
    share, *others = ShareCutter().cut(open_inputs([str(tmp_path)], io.BytesIO()))
    assert others == []
    found = without(replace(share), Lost(3)).items
    places = [str(item.source) for item in found if isinstance(item, Undecodable)]
    assert places == [f"{tmp_path}/a.json entry {n}" for n in (1, 2, 3)] + [
        f"{tmp_path}/root.pem line 1"
    ]
