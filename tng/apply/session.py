"""One run over several targets side by side: lease, enrol, prepare, work, write the end.

It is what `tng register` and `tng deregister` share, and usable as a library. It plans
nothing and prints nothing.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from tng.apply.calls import Calls, StoppedError
from tng.apply.engine import MOST_THREADS, TargetResult, TargetRun
from tng.apply.job import Job
from tng.apply.leases import TargetLeases
from tng.apply.progress import NoProgress, Progress
from tng.apply.side_by_side import side_by_side
from tng.apply.stopping import StopSignal
from tng.clouds.interface import Cloud, CloudError
from tng.errors import LedgerError, TargetError
from tng.exit_codes import ExitCode
from tng.ledger import Direction, Ledger
from tng.plan.models import FailedTarget
from tng.plan.shard import Shard


class LedgerLostError(LedgerError):
    """The ledger failed after calls were made; what it had until then is kept."""

    exit_code = ExitCode.PARTIAL


@dataclass(frozen=True, slots=True)
class OpenTarget:
    """A target that can be called: its adapter, its calls, and its own stop signal.

    ``name`` is the user's own name for it, for messages.
    """

    name: str
    cloud: Cloud
    calls: Calls
    stop: StopSignal


@dataclass(frozen=True, slots=True)
class Assignment:
    """A job and the target that it is for."""

    job: Job
    target: OpenTarget


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended. ``failed`` targets could not be begun; ``run`` is its ledger number."""

    run: int
    targets: tuple[TargetResult, ...]
    failed: tuple[FailedTarget, ...]
    interrupted: bool

    @property
    def exit_code(self) -> ExitCode:
        """What the run alone says; findings of the inputs are not considered."""
        if self.interrupted:
            return ExitCode.INTERRUPTED
        refused = [target for target in self.targets if target.refused]
        done = sum(target.done + target.already for target in self.targets)
        if len(refused) == len(self.targets) and (refused or self.failed) and not done:
            return ExitCode.REFUSED
        open_devices = sum(t.attention + t.failed + t.left for t in self.targets)
        return ExitCode.PARTIAL if self.failed or refused or open_devices else ExitCode.DONE

    @property
    def only_attention(self) -> bool:
        """Whether all that is open differs from what is wanted: running again changes nothing."""
        others = sum(t.failed + t.left for t in self.targets)
        refused = any(target.refused for target in self.targets)
        return not (self.interrupted or self.failed or refused or others)


def apply_jobs(
    assignments: Sequence[Assignment],
    ledger: Ledger,
    command: str,
    *,
    stop: StopSignal,
    progress: Progress | None = None,
    threads: int = MOST_THREADS,
    failed: Sequence[FailedTarget] = (),
    shard: Shard | None = None,
    leases: TargetLeases | None = None,
) -> RunResult:
    """Do every job, the targets side by side; give how it ended.

    ``command`` is what to type to go on, without secrets. ``failed`` targets, found while
    planning, are passed on into the result. With a ``shard``, the jobs are about that part of
    each target alone, and other processes may do the others meanwhile. ``leases`` are those of the
    same ledger that the run has already; otherwise targets are held while this runs. Raises
    `LedgerError`: before the first call if a target is held by another process, later
    (`LedgerLostError`) if the ledger itself fails.
    """
    with ExitStack() as stack:
        held = leases or stack.enter_context(TargetLeases(ledger))
        for assignment in assignments:
            held.hold(assignment.job.target, shard)
        run = ledger.begin_run(command)
        for assignment in assignments:
            job = assignment.job
            ledger.enroll(run, job.target.key, job.devices, job.direction)
        session = _Session(ledger, stop, progress or NoProgress(), threads)
        ends = session.run(assignments)
        result = RunResult(
            run=run,
            targets=tuple(end for end in ends if isinstance(end, TargetResult)),
            failed=(*failed, *(end for end in ends if isinstance(end, FailedTarget))),
            interrupted=stop.is_set(),
        )
        ledger.finish_run(run, result.exit_code.name.lower())
    return result


class _Session:
    def __init__(self, ledger: Ledger, stop: StopSignal, progress: Progress, threads: int) -> None:
        self._ledger = ledger
        self._stop = stop
        self._progress = progress
        self._threads = threads

    def run(self, assignments: Sequence[Assignment]) -> list[TargetResult | FailedTarget]:
        return side_by_side(self._one, assignments)

    def _one(self, assignment: Assignment) -> TargetResult | FailedTarget:
        target = assignment.target
        try:
            if assignment.job.direction is Direction.REGISTER and assignment.job.tasks:
                target.cloud.prepare()
            return TargetRun(
                assignment.job,
                target.cloud,
                self._ledger,
                target.calls,
                stop=target.stop,
                progress=self._progress,
                threads=self._threads,
            ).run()
        except TargetError as error:
            return FailedTarget(target.name, error.message, error.hint)
        except CloudError as error:
            return FailedTarget(target.name, str(error), "Run the same command again.")
        except StoppedError:
            return FailedTarget(target.name, "interrupted before it began", "Run it again.")
        except LedgerError as error:
            self._stop.set()
            raise LedgerLostError(
                error.message, f"{error.hint} Then run the same command again."
            ) from error
        except BaseException:
            # A defect: the other targets end in good order too.
            self._stop.set()
            raise
