"""Inputs that are surveyed: the same items as cut ones, and never other bytes than those counted.

Without dask: the cluster is this process.
"""

import gzip
import io
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from tests.distributed.entries import array, damaged, entries
from tests.judging import codes, verifier
from tests.scan.test_scan import line
from tng.distributed.survey import take_survey
from tng.models import Status, Undecodable
from tng.scan import Scan
from tng.scan.fetching import fetch, fetched, fetched_or_declared, is_stored
from tng.scan.shares import ShareCutter, items_of
from tng.sources import Input, InputStreamError, open_inputs
from tng.storage.reading import describe

COUNT = 900


class Here:
    """A cluster that surveys and works in this process; ``meanwhile`` happens in between."""

    def __init__(self, meanwhile=lambda: None) -> None:
        self.meanwhile = meanwhile

    def items(self, inputs):
        for opened in inputs:
            assert isinstance(opened, Input)
            found = take_survey(opened.location, opened.path, describe(opened.location))
            assert found is not None
            yield from found.items()

    def spread(self, work, shares) -> Iterator:
        taken = list(shares)
        done = [work(share) for share in fetched(taken)]
        self.meanwhile()
        return zip(taken, done, strict=True)


def _manifest(folder: Path, data: bytes) -> Path:
    path = folder / "reel.json"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("make", [damaged, lambda: array(*entries()[:COUNT])])
def test_a_surveyed_input_gives_what_a_cut_one_does(tmp_path: Path, make):
    path = _manifest(tmp_path, make())
    here, there = (
        Scan([str(path)], io.BytesIO(), 1),
        Scan([str(path)], io.BytesIO(), cluster=Here()),
    )
    expected = list(here.results(verifier(), line))
    assert list(there.results(verifier(), line)) == expected
    assert len(expected) >= COUNT
    assert there.inputs == here.inputs
    assert there.summary == here.summary


def test_a_survey_says_where_the_blocks_are_and_holds_none(tmp_path: Path):
    data = array(*entries())
    path = _manifest(tmp_path, data)
    found = take_survey(str(path), "shown.json", describe(str(path)))
    stored = [item.piece for item in found.items() if is_stored(item)]
    assert len(stored) > 3
    assert b"".join(data[piece.start : piece.stop] for piece in stored) == data
    assert {piece.file for piece in stored} == {"shown.json"}
    assert sum(len(piece.block.data) for piece in stored) == 0
    assert sum(len(part) for part in found.parts if isinstance(part, bytes)) < 56 * len(stored)


def test_a_survey_counts_what_misleads_a_cutter(tmp_path: Path):
    """Foreign objects and doubled payloads: otherwise all that follows is worked on twice."""
    foreign = b'{"foo":1},{"bar":2}'
    doubled = b'{"payload":"a","payload":"b","payload":"c"}'
    made = array(*entries()[:200], foreign, *entries()[200:400], doubled, *entries()[400:COUNT])
    path = _manifest(tmp_path, made)
    found = take_survey(str(path), "reel.json", describe(str(path)))
    following = 1
    for item in found.items():
        if is_stored(item):
            (block,) = fetch([item.piece])
            assert block.first_entry == following
            following += item.decoder.read_block(block).entries
        elif isinstance(item, Undecodable):
            assert item.source.entry == following
            following += 1
    assert following == COUNT + 3 + 1


def test_what_is_not_the_expected_file_is_not_surveyed(tmp_path: Path):
    path = _manifest(tmp_path, array(*entries()[:10]))
    expected = describe(str(path))
    path.write_bytes(array(*entries()[:9]))
    assert take_survey(str(path), "reel.json", expected) is None
    path.unlink()
    assert take_survey(str(path), "reel.json", expected) is None


def test_entries_that_stand_in_no_block_are_left_to_the_coordinator(tmp_path: Path):
    path = _manifest(tmp_path, b'[{"payload":"a"},' + b'{"foo":1},' * 100_000 + b'{"payload":"b"}]')
    assert take_survey(str(path), "reel.json", describe(str(path))) is None


def _shares(path: Path):
    found = take_survey(str(path), "reel.json", describe(str(path)))
    return list(ShareCutter().cut_items(found.items()))


def test_bytes_that_were_changed_are_not_taken(tmp_path: Path):
    data = bytearray(array(*entries()[:COUNT]))
    path = _manifest(tmp_path, data)
    shares = _shares(path)
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(InputStreamError, match="other bytes"):
        fetched(shares)


def test_a_block_that_was_changed_loses_its_entries_and_no_others(tmp_path: Path):
    data = bytearray(array(*entries()[:COUNT]))
    path = _manifest(tmp_path, data)

    class Changing(Here):
        def spread(self, work, shares):
            taken = list(shares)
            data[len(data) // 2] ^= 1
            path.write_bytes(data)
            return ((share, work(fetched_or_declared(share))) for share in taken)

    scan = Scan([str(path)], io.BytesIO(), cluster=Changing())
    outcomes = list(scan.outcomes(verifier()))
    places = [o.source if isinstance(o, Undecodable) else o.record.source for o in outcomes]
    assert [place.entry for place in places] == list(range(1, COUNT + 1))
    changed = [o for o in outcomes if o.status is not Status.VERIFIED]
    assert 100 < len(changed) < 200
    assert {frozenset(codes(outcome)) for outcome in changed} == {frozenset({"input-changed"})}


def test_a_duplicate_that_cannot_be_read_again_is_not_genuine(tmp_path: Path):
    path = _manifest(tmp_path, array(*entries()[:COUNT], *entries()[:COUNT]))
    scan = Scan([str(path)], io.BytesIO(), cluster=Here(meanwhile=path.unlink))
    outcomes = list(scan.outcomes(verifier()))
    assert [o.status for o in outcomes[:COUNT]] == [Status.VERIFIED] * COUNT
    found = {frozenset(codes(outcome)) for outcome in outcomes[COUNT:]}
    assert found == {frozenset({"input-unreadable", "duplicate-certificate"})}
    assert scan.summary.outcome_counts()["undecodable"] == COUNT


def test_only_what_lies_as_it_is_has_a_location(tmp_path: Path, monkeypatch):
    (tmp_path / "a.json").write_bytes(array(*entries()[:3]))
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(array(*entries()[:3])))
    monkeypatch.chdir(tmp_path)
    opened = open_inputs(["a.json", "b.json.gz", "-"], io.BytesIO(array(*entries()[:2])))
    found = [(item.path, item.location) for item in opened]
    assert found == [("a.json", str(tmp_path / "a.json")), ("b.json.gz", None), ("-", None)]


def test_items_of_inputs_are_those_that_the_cutter_takes(tmp_path: Path):
    path = _manifest(tmp_path, array(*entries()[:300]))
    items = chain.from_iterable(map(items_of, open_inputs([str(path)], io.BytesIO())))
    one = list(ShareCutter().cut_items(items))
    assert one == list(ShareCutter().cut(open_inputs([str(path)], io.BytesIO())))
