"""Several processes: order, small streams, killed workers, killed parents."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tng.parallel import ALONE, Lost, ordered_map
from tng.worker_pool import DEATHS

MANY = 200


def twice(number: int) -> int:
    return 2 * number


def slowly(number: int) -> int:
    time.sleep(0.005)
    return number


def slow_process_of(number: int) -> int:
    return os.getpid() + 0 * slowly(number)


@dataclass(frozen=True)
class DyingOf:
    """Work of which a worker dies: each time, or (with a mark to leave) the first time."""

    numbers: frozenset[int]
    mark: Path | None = None

    def __call__(self, number: int) -> int:
        is_worker = multiprocessing.parent_process() is not None
        if is_worker and number in self.numbers and self._is_time():
            os.kill(os.getpid(), signal.SIGKILL)
        return slowly(number)

    def _is_time(self) -> bool:
        if self.mark is None:
            return True
        if self.mark.exists():
            return False
        self.mark.touch()
        return True


def fail_at_50(number: int) -> int:
    if number == 50:
        raise ValueError("fifty")
    return number


@pytest.fixture(params=["forked", "fresh"])
def several_threads(request) -> Iterator[None]:
    """Where another thread runs, workers are not copies of this process but fresh ones."""
    if request.param == "forked":
        yield
        return
    ended = threading.Event()
    other = threading.Thread(target=ended.wait)
    other.start()
    try:
        yield
    finally:
        ended.set()
        other.join()


@pytest.mark.usefixtures("several_threads")
@pytest.mark.parametrize("jobs", [1, 2, 7])
@pytest.mark.parametrize("count", [0, 1, ALONE, ALONE + 1, MANY])
def test_pieces_and_results_come_in_order(jobs, count):
    expected = [(number, 2 * number) for number in range(count)]
    assert list(ordered_map(twice, iter(range(count)), jobs)) == expected


def test_a_small_stream_stays_in_this_process_and_a_large_one_does_not():
    here = {process for _, process in ordered_map(slow_process_of, iter(range(ALONE)), 2)}
    assert here == {os.getpid()}
    many = {process for _, process in ordered_map(slow_process_of, iter(range(MANY)), 2)}
    assert len(many) == 3


@pytest.mark.usefixtures("several_threads")
def test_what_a_killed_worker_had_is_done_again(tmp_path: Path):
    work = DyingOf(frozenset({50}), tmp_path / "died")
    assert list(ordered_map(work, iter(range(MANY)), 2)) == [(n, n) for n in range(MANY)]
    assert (tmp_path / "died").exists()


FEW = 40


@pytest.mark.parametrize(
    "deadly",
    [
        {FEW - 1},
        pytest.param({10}, marks=pytest.mark.slow),
        pytest.param({10, 11}, marks=pytest.mark.slow),
        pytest.param({10, 30}, marks=pytest.mark.slow),
    ],
)
def test_a_piece_of_which_every_worker_dies_is_given_up_and_no_other(deadly: set[int]):
    results = dict(ordered_map(DyingOf(frozenset(deadly)), iter(range(FEW)), 2))
    assert list(results) == list(range(FEW))
    assert {number for number, result in results.items() if result == Lost(DEATHS)} == deadly
    assert all(result == number for number, result in results.items() if number not in deadly)


def test_what_the_work_raises_is_raised_here():
    results = ordered_map(fail_at_50, iter(range(MANY)), 2)
    with pytest.raises(ValueError, match="fifty"):
        list(results)


def test_pieces_are_not_read_far_ahead_of_the_results():
    taken = 0

    def pieces():
        nonlocal taken
        for number in range(100_000):
            taken = number
            yield number

    results = ordered_map(twice, pieces(), 2)
    for _ in range(ALONE + 2):
        next(results)
    assert taken < ALONE + 10
    results.close()


SLOW_PARENT = """
import time
from tests.test_parallel import slow_process_of
from tng.parallel import ordered_map
if __name__ == "__main__":
    for _, process in ordered_map(slow_process_of, iter(range(100_000)), 2):
        print(process, flush=True)
"""


def test_workers_end_when_their_parent_is_killed(tmp_path: Path):
    script = tmp_path / "parent.py"
    script.write_text(SLOW_PARENT)
    root = Path(__file__).resolve().parents[1]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        # The resource tracker speaks of what a killed process leaves, and then removes it.
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    ) as parent:
        workers: set[int] = set()
        for line in parent.stdout:
            workers |= {int(line)} - {parent.pid}
            if workers:
                break
        parent.kill()
    assert workers
    deadline = time.monotonic() + 60
    while any(is_running(worker) for worker in workers):
        assert time.monotonic() < deadline, f"{workers} outlived their parent"
        time.sleep(0.05)


INTERRUPTED_PARENT = """
import os, signal, time
from tests.test_parallel import slowly
from tng.parallel import ALONE, ordered_map

def pieces():
    for number in range(200):
        if number > ALONE:
            os.killpg(0, signal.SIGINT)
        yield number

if __name__ == "__main__":
    signal.signal(signal.SIGINT, lambda *_: None)
    print(len(list(ordered_map(slowly, pieces(), 2))))
"""


def test_ctrl_c_is_for_the_parent_even_while_its_workers_begin(tmp_path: Path):
    script = tmp_path / "parent.py"
    script.write_text(INTERRUPTED_PARENT)
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(root)},
        start_new_session=True,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("200\n", "")


def is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
