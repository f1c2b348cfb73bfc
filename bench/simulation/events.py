"""Registering, played event by event: token buckets x targets x shards x interruptions.

Each target has a bucket that the cloud fills; each shard paces its own part of the rate,
has so many calls under way at most, shares the cores and the ledger with all others, and is killed
now and then. The closed formulas in `stages` know nothing of shares, throttles, restarts and
what is done twice; where both speak of the same, a test holds them together.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

from tng.apply.retry import RetryPolicy

_EVENTS = 20_000
"""Moments that are played: more devices are done in larger grains."""

_LEAST = 1e-6
"""Of a call."""

_THROTTLED_PAUSE = RetryPolicy().pause(1, None, lambda: 0.5)
"""Seconds without a call after a throttle, on average."""


@dataclass(frozen=True, slots=True)
class Interruption:
    """After ``every`` seconds of work a shard is killed, one shard after the other.

    It is away for ``away`` seconds and plans for ``planning`` seconds before it goes on; what
    it had under way is asked for again.
    """

    every: float
    away: float
    planning: float


@dataclass(frozen=True, slots=True)
class Registration:
    """What is played.

    ``rate`` is what all shards of a target together are set to, ``quota`` what the cloud
    allows it, with ``burst`` calls at once. ``threads`` devices are under way at most in each
    shard, each for ``latency`` seconds (all of its calls). ``device_seconds`` of CPU on one of
    ``cores`` and ``1 / ledger_rate`` seconds of the one ledger are taken by each device.
    """

    devices: float
    targets: int = 1
    shards: int = 1
    rate: float = 10.0
    quota: float = 10.0
    burst: float = 10.0
    threads: int = 128
    latency: float = 0.1
    cores: int = 2
    device_seconds: float = 0.0017
    ledger_rate: float = 8000.0
    interruption: Interruption | None = None


@dataclass(frozen=True, slots=True)
class Played:
    """How it went: seconds to the last device, calls refused, devices asked for twice."""

    seconds: float
    done: float
    throttled: float
    repeated: float

    def share_of(self, quota: float, targets: int) -> float:
        """How much of the quota of all targets was used."""
        return self.done / (self.seconds * quota * targets) if self.seconds else 0.0


class _Bucket:
    """The cloud's: takes what its quota allows and refuses the rest."""

    def __init__(self, quota: float, burst: float) -> None:
        self._quota, self._burst = quota, burst
        self._tokens, self._at = burst, 0.0

    def take(self, moment: float, calls: float) -> float:
        """How many of the calls it takes at that moment; moments only grow."""
        self._tokens = min(self._burst, self._tokens + (moment - self._at) * self._quota)
        self._at = moment
        taken = min(calls, self._tokens)
        self._tokens -= taken
        return taken


@dataclass(slots=True)
class _Sender:
    """One shard of one target, with so many devices ``left``; ``grain`` of them are on the way."""

    target: int
    shard: int
    left: float
    next_kill: float
    grain: float = 0.0


class _Shared:
    """What all senders wait for: the ledger, and a core for each shard, which is one process."""

    def __init__(self, plan: Registration) -> None:
        self._cores = [0.0] * min(plan.cores, plan.shards)
        self._device_seconds = plan.device_seconds
        self._ledger, self._ledger_seconds = 0.0, 1 / plan.ledger_rate

    def ready(self, shard: int, moment: float, devices: float) -> float:
        """When so many devices of a shard that begin now have had both; moments only grow."""
        core = shard % len(self._cores)
        self._cores[core] = max(moment, self._cores[core]) + devices * self._device_seconds
        self._ledger = max(moment, self._ledger) + devices * self._ledger_seconds
        return max(self._cores[core], self._ledger)


def play(plan: Registration) -> Played:
    """Play it to the end; the same plan gives the same course."""
    return _Game(plan).play()


class _Game:
    def __init__(self, plan: Registration) -> None:
        self._plan = plan
        self._grain = max(1.0, plan.devices / _EVENTS)
        self._interval = max(plan.shards / plan.rate, plan.latency / plan.threads)
        self._shared = _Shared(plan)
        # All shards of a target may arrive at once, each with a whole grain.
        burst = max(plan.burst, 2 * self._grain * plan.shards)
        self._buckets = [_Bucket(plan.quota, burst) for _ in range(plan.targets)]
        self._throttled = self._repeated = self._end = 0.0

    def play(self) -> Played:
        senders = list(self._senders())
        queue = [(0.0, number) for number in range(len(senders))]
        while queue:
            moment, number = heapq.heappop(queue)
            sender = senders[number]
            following = (self._arrive if sender.grain else self._begin)(sender, moment)
            if sender.left > 0:
                heapq.heappush(queue, (following, number))
        return Played(self._end, self._plan.devices, self._throttled, self._repeated)

    def _senders(self) -> Iterator[_Sender]:
        plan = self._plan
        every = plan.interruption.every if plan.interruption else float("inf")
        each = plan.devices / (plan.targets * plan.shards)
        for target in range(plan.targets):
            for shard in range(plan.shards):
                # A shard is a process: all of its targets stop; the shards are killed in turn.
                yield _Sender(target, shard, each, every * (shard + 1) / plan.shards)

    def _begin(self, sender: _Sender, moment: float) -> float:
        """A sender takes its next grain; returns when that has been sent whole."""
        sender.grain = min(self._grain, sender.left)
        paced = moment + sender.grain * self._interval
        return max(paced, self._shared.ready(sender.shard, moment, sender.grain))

    def _arrive(self, sender: _Sender, moment: float) -> float:
        """A grain arrives at the cloud; returns when the sender may go on."""
        grain, sender.grain = sender.grain, 0.0
        taken = self._buckets[sender.target].take(moment, grain)
        sender.left = max(0.0, sender.left - taken)
        self._end = max(self._end, moment + self._plan.latency)
        interruption = self._plan.interruption
        if interruption and moment >= sender.next_kill and sender.left:
            return self._killed(sender, moment, interruption)
        # Fractions of a call are the arithmetic's and no throttle.
        if grain - taken < _LEAST:
            return self._begin(sender, moment) if sender.left else moment
        self._throttled += grain - taken
        return moment + _THROTTLED_PAUSE

    def _killed(self, sender: _Sender, moment: float, interruption: Interruption) -> float:
        """What it had under way is done in the cloud and unknown in the ledger: asked again."""
        # A grain may be longer than the time between two ends.
        times = 1 + (moment - sender.next_kill) // interruption.every
        back = moment + times * (interruption.away + interruption.planning)
        sender.next_kill = back + interruption.every
        under_way = min(self._plan.threads, self._plan.latency / self._interval, sender.left)
        self._repeated += times * under_way
        return back
