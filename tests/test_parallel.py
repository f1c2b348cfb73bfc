"""Several processes: order, small streams, killed workers, killed parents."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tng.parallel import ALONE, BATCH, WorkerDiedError, ordered_map


def twice(batch: list[int]) -> list[int]:
    return [result for number in batch for result in (number, -number)]


def process_of(batch: list[int]) -> list[int]:
    return [os.getpid()] * len(batch)


def end_as_worker(batch: list[int]) -> list[int]:
    if multiprocessing.parent_process() is not None:
        os.kill(os.getpid(), signal.SIGKILL)
    return slowly(batch)


def slowly(batch: list[int]) -> list[int]:
    time.sleep(0.01)
    return batch


def slow_process_of(batch: list[int]) -> list[int]:
    return [os.getpid() for _ in slowly(batch)]


@pytest.mark.parametrize("jobs", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, ALONE, ALONE + 1, ALONE + 5 * BATCH + 7])
def test_results_come_in_the_order_of_the_pieces(jobs, count):
    expected = twice(list(range(count)))
    assert list(ordered_map(twice, iter(range(count)), jobs)) == expected


def test_a_small_stream_stays_in_this_process_and_a_large_one_does_not():
    assert set(ordered_map(process_of, iter(range(ALONE)), 2)) == {os.getpid()}
    assert len(set(ordered_map(slow_process_of, iter(range(ALONE + 200 * BATCH)), 2))) > 1


def test_the_order_holds_from_this_process_to_the_workers():
    numbers = range(ALONE + 200 * BATCH + 7)
    assert list(ordered_map(slowly, iter(numbers), 2)) == list(numbers)


def test_a_killed_worker_ends_the_run_with_a_clear_error():
    with pytest.raises(WorkerDiedError, match="was killed"):
        list(ordered_map(end_as_worker, iter(range(ALONE + 1000 * BATCH)), 2))


def test_pieces_are_not_read_far_ahead_of_the_results():
    taken = 0

    def pieces():
        nonlocal taken
        for number in range(100_000):
            taken = number
            yield number

    results = ordered_map(twice, pieces(), 2)
    for _ in range(2 * ALONE + 2):
        next(results)
    assert taken < ALONE + 10 * BATCH
    results.close()


SLOW_PARENT = """
import time
from tests.test_parallel import slow_process_of
from tng.parallel import ALONE, BATCH, ordered_map
if __name__ == "__main__":
    for number in ordered_map(slow_process_of, iter(range(ALONE + 1000 * BATCH)), 2):
        print(number, flush=True)
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
    deadline = time.monotonic() + 10
    while any(is_running(worker) for worker in workers):
        assert time.monotonic() < deadline, f"{workers} outlived their parent"
        time.sleep(0.05)


INTERRUPTED_PARENT = """
import os, signal, time
from tests.test_parallel import slowly
from tng.parallel import ALONE, BATCH, ordered_map

def pieces():
    for number in range(ALONE + 100 * BATCH):
        if number > ALONE and number % BATCH == 0:
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
    assert (done.stdout, done.stderr) == (f"{ALONE + 100 * BATCH}\n", "")


def is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
