"""Looking again and again at what has become of registered devices. Changes nothing.

The loop is a library: it prints nothing, and clock, sleep, ledger and clouds are given.
"""

from tng.watch.models import Change, DeviceSight, Tally, WatchedDevice, WatchOptions
from tng.watch.session import NothingToWatchError, Watch, WatchEnd

__all__ = [
    "Change",
    "DeviceSight",
    "NothingToWatchError",
    "Tally",
    "Watch",
    "WatchEnd",
    "WatchOptions",
    "WatchedDevice",
]
