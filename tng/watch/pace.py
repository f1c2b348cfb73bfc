"""How fast devices have been assigned lately. Pure: moments are given."""

from collections import deque

WINDOW_SECONDS = 300.0
"""How far back the rate looks: long enough to be steady, short enough to notice an end."""

_MINIMUM_SECONDS = 1.0
"""Over less than this nothing is called a rate."""

_ROUNDS = 3
"""So many rounds are looked back over, and waited for the next assignment, at least."""

_SILENCE = 4.0
"""So many times the usual gap without an assignment is no chance any more: e⁻⁴ = 2 % if
devices come independently of each other (Poisson)."""


class Pace:
    """Assignments over a sliding window, counted by whole seconds so that memory is bounded."""

    def __init__(self, interval: float) -> None:
        """``interval`` are the seconds from one round of looks to the next, at least."""
        self._window = max(WINDOW_SECONDS, _ROUNDS * interval)
        self._patience = _ROUNDS * interval
        self._latest = 0.0
        self._began: float | None = None
        self._seconds: deque[tuple[int, int]] = deque()
        self._sum = 0

    def begin(self, now: float) -> None:
        """Every device was seen once: what changes from now on was seen to change."""
        if self._began is None:
            self._began = now

    def note(self, now: float) -> None:
        """One device was seen to be assigned."""
        second = int(now)
        if self._seconds and self._seconds[-1][0] == second:
            self._seconds[-1] = (second, self._seconds[-1][1] + 1)
        else:
            self._seconds.append((second, 1))
        self._sum += 1
        self._latest = now
        self._forget(now)

    def rate(self, now: float) -> float:
        """Assignments a second; 0 before `begin` and where nothing happened lately."""
        self._forget(now)
        if self._began is None:
            return 0.0
        elapsed = min(self._window, now - self._began)
        return self._sum / elapsed if elapsed >= _MINIMUM_SECONDS else 0.0

    def left(self, coming: int, now: float) -> float | None:
        """The seconds that so many take at the rate; ``None`` where nothing happens any more."""
        rate = self.rate(now)
        if not rate or not coming or now - self._latest > max(_SILENCE / rate, self._patience):
            return None
        return coming / rate

    def _forget(self, now: float) -> None:
        while self._seconds and self._seconds[0][0] < now - self._window:
            self._sum -= self._seconds.popleft()[1]
