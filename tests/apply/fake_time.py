"""A clock that moves only when somebody sleeps."""

import threading


class FakeTime:
    """Monotonic seconds; `sleep` moves them, sleeping a little too long as real ones do."""

    def __init__(self, oversleep=0.0):
        self.now = 1000.0
        self.slept = []
        self.oversleep = oversleep
        self._lock = threading.Lock()

    def clock(self):
        return self.now

    def sleep(self, seconds):
        with self._lock:
            self.slept.append(seconds)
            self.now += seconds + self.oversleep
        return False
