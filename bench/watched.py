"""What a running process takes, looked at from outside (Linux): memory, threads, CPU time."""

import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

_SAMPLE_SECONDS = 0.1
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Sample:
    """One look: ``at`` of the monotonic clock, ``cpu`` seconds until then, ``resident`` bytes."""

    at: float
    cpu: float
    resident: int
    threads: int


class Watched:
    """A command that is watched from its start to its end; several run side by side."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self.samples: list[Sample] = []
        self._talk = (folder / f"talk-{id(self)}.txt").open("w+b")
        self._process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **environment},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._talk,
        )  # fmt: skip
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Wait for its end; raises `CalledProcessError` with its last words if it failed."""
        code = self._process.wait()
        self._ended.set()
        self._thread.join()
        with self._talk as talk:
            talk.seek(0)
            words = talk.read()[-2000:]
        if code:
            raise subprocess.CalledProcessError(
                code, self._process.args, stderr=words.decode("utf-8", "replace")
            )

    def cpu_between(self, start: float, end: float) -> float:
        """CPU seconds that it took between two moments of the monotonic clock."""
        within = [sample for sample in self.samples if start <= sample.at <= end]
        return within[-1].cpu - within[0].cpu if within else 0.0

    def peak(self, start: float, end: float) -> tuple[int, int]:
        """The most bytes resident and the most threads between two moments."""
        within = [sample for sample in self.samples if start <= sample.at <= end]
        return (
            max((sample.resident for sample in within), default=0),
            max((sample.threads for sample in within), default=0),
        )

    def _watch(self) -> None:
        while not self._ended.wait(_SAMPLE_SECONDS):
            sample = _sample(self._process.pid)
            if sample is not None:
                self.samples.append(sample)


def _sample(process: int) -> Sample | None:
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    # Counted behind the name, which may hold spaces: proc(5), /proc/pid/stat.
    fields = text.rpartition(")")[2].split()
    cpu = (int(fields[11]) + int(fields[12])) / _TICKS
    resident = int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
    return Sample(time.monotonic(), cpu, resident, int(fields[17]))
