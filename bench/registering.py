"""The rate that a saturated bucket holds: exactly the account's quota, and no call above it."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from tng.apply.rate import RateBucket


def held_rate(rate: float, seconds: float, threads: int = 16) -> float:
    """Calls a second that ``threads`` get through a saturated bucket of ``rate``."""
    stop = threading.Event()
    bucket = RateBucket(rate, time.monotonic, stop.wait)
    calls = int(rate * seconds)
    start = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda _: bucket.acquire(), range(calls)))
    # The first call leaves at once: there are as many intervals as further calls.
    return (calls - 1) / (time.perf_counter() - start)
