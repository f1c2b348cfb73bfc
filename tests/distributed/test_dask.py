"""Scans on real workers: the same results, whatever becomes of the workers."""

import io
import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from distributed import Client

from tests.distributed.entries import UNIQUE, array, damaged, entries
from tests.distributed.processes import scheduler, workers
from tests.judging import MANIFESTS, codes, verifier
from tests.scan.test_scan import DyingVerifier, line
from tests.storage.buckets import aws_environment, make_bucket, serve_s3, use_environment
from tng import __version__
from tng.distributed import ClusterError, connected
from tng.distributed.calls import Calls
from tng.distributed.dask_cluster import DaskCluster
from tng.distributed.tasks import packed, work_on
from tng.models import Status, Undecodable
from tng.scan import Scan
from tng.scan.fetching import is_stored
from tng.verify.verifier import Verifier

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def _place(outcome) -> int | None:
    return (outcome.source if isinstance(outcome, Undecodable) else outcome.record.source).entry


def _names(folder: Path) -> list[str]:
    (folder / "reel.json").write_bytes(damaged())
    # No entry begins in half a megabyte: nothing for a survey.
    (folder / "odd.json").write_bytes(
        array(b'{"payload":"a"}', *[b'{"x":"' + b"y" * 9000 + b'"}'] * 150)
    )
    (folder / "small.json").write_bytes(array(*entries()[300:310]))
    (folder / "wide.json").write_bytes(array(*entries()))
    return [str(MANIFESTS), str(folder)]


class Watching(Verifier):
    """Does something in the middle: after a while of work, in the worker's process."""

    def __init__(self, device_id: str, mark: str) -> None:
        super().__init__(verifier().store, verifier().policy)
        self.device_id = device_id
        self.mark = mark

    def __reduce__(self):
        return type(self), (self.device_id, self.mark)

    def judge(self, entry):
        if entry.record.device_id == self.device_id and not Path(self.mark).exists():
            Path(self.mark).write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)
        return super().judge(entry)


def test_results_inputs_and_counts_are_the_same(tmp_path: Path, cluster):
    names = _names(tmp_path)
    here = Scan(names, io.BytesIO(), 2)
    expected = list(here.results(verifier(), line))
    with connected(cluster.address) as there:
        scan = Scan(names, io.BytesIO(), cluster=there)
        assert list(scan.results(verifier(), line)) == expected
    assert scan.inputs == here.inputs
    assert scan.summary == here.summary


def test_nothing_is_left_on_the_cluster(tmp_path: Path, cluster):
    names = _names(tmp_path)
    with connected(cluster.address) as there:
        results = Scan(names, io.BytesIO(), cluster=there).results(verifier(), line)
        next(results)
        results.close()
    with Client(cluster.address, set_as_default=False) as client:
        deadline = time.monotonic() + 60
        while client.run_on_scheduler(_tasks):
            assert time.monotonic() < deadline
            time.sleep(0.1)


def _tasks(dask_scheduler=None):
    return len(dask_scheduler.tasks)


def test_what_a_killed_worker_had_is_done_again(tmp_path: Path, cluster):
    path, mark = tmp_path / "wide.json", tmp_path / "died"
    path.write_bytes(array(*entries()))
    by = Watching(_device_id(700), str(mark))
    with connected(cluster.address) as there:
        outcomes = list(Scan([str(path)], io.BytesIO(), cluster=there).outcomes(by))
    assert mark.exists()
    assert [_place(outcome) for outcome in outcomes] == list(range(1, UNIQUE + 1))
    assert {outcome.status for outcome in outcomes} == {Status.VERIFIED}


def _device_id(number: int) -> str:
    return orjson.loads(entries()[number])["header"]["uniqueId"]


def test_workers_that_are_killed_all_the_time_lose_and_double_nothing(tmp_path: Path, cluster):
    path = tmp_path / "wide.json"
    path.write_bytes(array(*entries(), *entries(), *entries()))
    killed = threading.Event()
    ended = threading.Event()

    def kill() -> None:
        with Client(cluster.address, set_as_default=False) as client:
            for _ in range(3):
                found = list(client.run(os.getpid, on_error="ignore").values())
                if found:
                    os.kill(found[0], signal.SIGKILL)
                    killed.set()
                if ended.wait(1):
                    return

    killing = threading.Thread(target=kill)
    expected = list(Scan([str(path)], io.BytesIO(), 2).results(verifier(), line))
    with connected(cluster.address) as there:
        results = Scan([str(path)], io.BytesIO(), cluster=there).results(verifier(), line)
        found = [next(results)]
        killing.start()
        killed.wait(30)
        found += results
    ended.set()
    killing.join()
    assert killed.is_set()
    assert found == expected


def test_an_entry_that_kills_its_workers_affects_its_share_alone(tmp_path: Path, cluster):
    path = tmp_path / "wide.json"
    path.write_bytes(array(*entries()))
    with connected(cluster.address) as there:
        scan = Scan([str(path)], io.BytesIO(), cluster=there)
        outcomes = list(scan.outcomes(DyingVerifier(_device_id(600))))
    lost = [_place(o) for o in outcomes if o.status is Status.UNDECODABLE]
    assert 601 in lost
    assert lost == list(range(lost[0], lost[-1] + 1))
    assert len(lost) < 200
    assert scan.summary.codes["entry-lost"] == len(lost)
    assert [_place(outcome) for outcome in outcomes] == list(range(1, UNIQUE + 1))
    assert sum(o.status is Status.VERIFIED for o in outcomes) == UNIQUE - len(lost)


def test_what_workers_cannot_read_is_sent_to_them(tmp_path: Path, cluster, monkeypatch):
    path = tmp_path / "wide.json"
    path.write_bytes(array(*entries()))
    # A name that means something here, and nothing where the workers are.
    monkeypatch.chdir(tmp_path)

    def known_here(item):
        return replace(item, piece=replace(item.piece, location=path.name))

    with connected(cluster.address) as there:
        scan = Scan([path.name], io.BytesIO(), cluster=Changing(there, known_here))
        outcomes = list(scan.outcomes(verifier()))
    assert [_place(outcome) for outcome in outcomes] == list(range(1, UNIQUE + 1))
    assert {outcome.status for outcome in outcomes} == {Status.VERIFIED}


def test_what_nobody_can_read_any_more_is_told_entry_by_entry(tmp_path: Path, cluster):
    path = tmp_path / "wide.json"
    path.write_bytes(array(*entries()))

    def gone(item):
        path.unlink(missing_ok=True)
        return item

    with connected(cluster.address) as there:
        scan = Scan([str(path)], io.BytesIO(), cluster=Changing(there, gone))
        outcomes = list(scan.outcomes(verifier()))
    assert {frozenset(codes(outcome)) for outcome in outcomes} == {frozenset({"input-unreadable"})}
    assert [_place(outcome) for outcome in outcomes] == list(range(1, UNIQUE + 1))


class Changing:
    """A cluster, and what happens to stored blocks between survey and reading."""

    def __init__(self, cluster: DaskCluster, change) -> None:
        self.cluster = cluster
        self.change = change

    def items(self, inputs):
        for item in self.cluster.items(inputs):
            yield self.change(item) if is_stored(item) else item

    def spread(self, work, shares):
        return self.cluster.spread(work, shares)


def test_objects_are_read_by_the_workers(tmp_path: Path, monkeypatch):
    with serve_s3() as endpoint:
        use_environment(monkeypatch, aws_environment(endpoint))
        bucket = make_bucket(endpoint, "reels")
        url = bucket.put("reels/damaged.json", damaged())
        bucket.put("reels/wide.json", array(*entries()))
        names = [f"{bucket.url}/reels/"]
        here = Scan(names, io.BytesIO(), 1)
        expected = list(here.results(verifier(), line))
        with connected("local", workers=2) as there:
            scan = Scan(names, io.BytesIO(), cluster=there)
            assert list(scan.results(verifier(), line)) == expected
        assert scan.inputs == here.inputs
        assert scan.inputs[0].path == url


def test_a_cluster_that_loses_its_workers_is_told(tmp_path: Path):
    path = tmp_path / "wide.json"
    path.write_bytes(array(*entries()))
    with scheduler(tmp_path) as running:
        with workers(running, 1):
            pass
        with Client(running.address, set_as_default=False) as client:
            there = DaskCluster(client, patience=1)
            results = Scan([str(path)], io.BytesIO(), cluster=there).results(verifier(), line)
            with pytest.raises(ClusterError, match="no workers for 1 s"):
                list(results)


def test_a_worker_of_another_version_that_came_later_is_refused(cluster):
    with Client(cluster.address, set_as_default=False) as client:
        calls = Calls(client)
        asked = calls.begin(work_on, packed(("0.0.1", b"")), packed(()))
        with pytest.raises(ClusterError, match=f"a worker runs tng {__version__} instead of 0.0.1"):
            calls.result(asked)


def test_a_scheduler_that_ends_is_told(tmp_path: Path):
    path = tmp_path / "wide.json"
    path.write_bytes(array(*entries(), *entries()))
    with scheduler(tmp_path) as running, workers(running, 1), connected(running.address) as there:
        results = Scan([str(path)], io.BytesIO(), cluster=there).results(verifier(), line)
        next(results)
        running.process.kill()
        with pytest.raises(ClusterError, match="the connection to the scheduler broke"):
            list(results)
