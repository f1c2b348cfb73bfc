"""Several targets at once: in order, all to their end, and a signal is heeded meanwhile."""

import signal
import threading
import time

import pytest

from tng.apply.side_by_side import side_by_side


def test_results_are_in_order_and_all_run_at_once():
    together = threading.Barrier(3, timeout=5)

    def work(number):
        together.wait()
        return number * 2

    assert side_by_side(work, (3, 1, 2)) == [6, 2, 4]
    assert side_by_side(work, ()) == []


def test_an_error_waits_for_the_others():
    ended = threading.Event()

    def work(number):
        if number == 0:
            raise ValueError("first")
        time.sleep(0.1)
        ended.set()

    with pytest.raises(ValueError, match="first"):
        side_by_side(work, (0, 1))
    assert ended.is_set()


def test_a_signal_that_another_thread_was_given_is_heeded_while_they_work():
    heeded = threading.Event()
    before = signal.signal(signal.SIGUSR1, lambda *_: heeded.set())

    def work(_):
        time.sleep(0.3)
        # The main thread sleeps by now; given to this very thread, this does not wake it.
        signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
        return heeded.wait(5)

    try:
        assert side_by_side(work, (0,)) == [True]
    finally:
        signal.signal(signal.SIGUSR1, before)
