"""What several threads want done at the same time is done together, and each gets its own."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tng.ledger.group_commit import GroupCommit


def test_what_waits_is_done_in_one_go():
    first, release = threading.Event(), threading.Event()
    groups = []

    def work(jobs):
        groups.append(list(jobs))
        first.set()
        release.wait(10)
        return [job * 2 for job in jobs]

    together = GroupCommit(work, threading.Lock())
    with ThreadPoolExecutor(9) as pool:
        begun = pool.submit(together.do, 0)
        assert first.wait(10)
        others = [pool.submit(together.do, number) for number in range(1, 9)]
        while len(together._waiting) < 8:
            time.sleep(0.001)
        release.set()
        assert [begun.result(10), *(other.result(10) for other in others)] == list(range(0, 18, 2))
    assert [len(group) for group in groups] == [1, 8]


def test_each_job_has_its_own_error():
    def work(jobs):
        return [ValueError(str(job)) if job % 3 == 0 else job for job in jobs]

    together = GroupCommit(work, threading.Lock())

    def do(number):
        try:
            return together.do(number)
        except ValueError as error:
            return f"refused {error}"

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(do, range(300)))
    assert results == [f"refused {n}" if n % 3 == 0 else n for n in range(300)]


def test_who_is_interrupted_while_working_leaves_nobody_waiting():
    begun, release = threading.Event(), threading.Event()

    def work(jobs):
        if jobs == ["interrupted"]:
            begun.set()
            release.wait(10)
            raise KeyboardInterrupt
        return list(jobs)

    together = GroupCommit(work, threading.Lock())
    with ThreadPoolExecutor(2) as pool:
        interrupted = pool.submit(together.do, "interrupted")
        assert begun.wait(10)
        other = pool.submit(together.do, "other")
        release.set()
        with pytest.raises(KeyboardInterrupt):
            interrupted.result(10)
        assert other.result(10) == "other"
    assert together.do("afterwards") == "afterwards"
