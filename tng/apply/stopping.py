"""Stopping: of the whole run, or of one target alone."""

import threading


class StopSignal:
    """An event with children: setting it sets them too, but not the other way round.

    `set` takes no lock of this class, so that a signal handler may call it.
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self._children: list[StopSignal] = []

    def child(self) -> "StopSignal":
        """A signal for one part, already set if this one is."""
        child = StopSignal()
        self._children.append(child)
        if self.is_set():
            child.set()
        return child

    def set(self) -> None:
        """Ask for the end of this part and all of its children."""
        self._event.set()
        for child in tuple(self._children):
            child.set()

    def is_set(self) -> bool:
        """Whether the end was asked for."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep so long; true at once if the end is asked for."""
        return self._event.wait(seconds)
