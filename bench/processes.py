"""Figures of whole processes: peak memory of all of them together, and start-up."""

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_SAMPLE_SECONDS = 0.02
_PROCESSES = Path("/proc")
_LAST_WORDS = 2000


@dataclass(frozen=True, slots=True)
class Finished:
    """Seconds from start to end, CPU seconds of the process alone, and the peak of memory.

    ``peak`` is that of the proportional set sizes of all its processes in bytes. It and ``cpu``,
    which leaves the children out, are 0 where the system does not tell (`has_proc`).
    """

    seconds: float
    cpu: float
    peak: int


def tng_command(*arguments: str) -> list[str]:
    """The command line of the installed console script."""
    return [str(Path(sys.executable).with_name("tng")), *arguments]


def elapsed(commands: Sequence[list[str]], rounds: int) -> list[float]:
    """Median seconds of each from start to end, run in turn; the output is thrown away."""
    samples: list[list[float]] = [[] for _ in commands]
    for _ in range(rounds):
        for command, taken in zip(commands, samples, strict=True):
            start = time.perf_counter()
            subprocess.run(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True
            )
            taken.append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in samples]


def run_to_end(
    command: list[str], *, every: float = _SAMPLE_SECONDS, expect: Collection[int] = (0,)
) -> Finished:
    """Run the command to its end, looking at its memory and its children's ``every`` seconds.

    Sampled from ``/proc`` (Linux); pages that processes share count once. Raises
    `RuntimeError` with the command's last words for an exit code that is not expected.
    """
    peak, cpu = 0, 0.0
    with tempfile.TemporaryFile() as talk:
        start = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=talk) as process:
            ended = threading.Event()
            threading.Thread(target=_tell_end, args=(process, ended), daemon=True).start()
            while not ended.wait(every):
                if has_proc():
                    peak = max(peak, sum(map(_proportional_set_size, _family(process.pid))))
                    cpu = max(cpu, _cpu_seconds(process.pid))
            seconds = time.perf_counter() - start
        _check(process.returncode, expect, command, talk)
    return Finished(seconds, cpu, peak)


def _check(code: int, expect: Collection[int], command: list[str], talk: IO[bytes]) -> None:
    talk.seek(0)
    words = talk.read()[-_LAST_WORDS:].decode("utf-8", "replace")
    # A crash has the exit code of findings, too.
    if code not in expect or "Traceback" in words:
        raise RuntimeError(f"{' '.join(command[:2])} … ended with {code}: {words}")


def has_proc() -> bool:
    """Whether memory can be measured here."""
    return (_PROCESSES / "self" / "smaps_rollup").exists()


def _tell_end(process: subprocess.Popen[bytes], ended: threading.Event) -> None:
    process.wait()
    ended.set()


def _family(root: int) -> list[int]:
    parents: dict[int, int] = {}
    for entry in _PROCESSES.iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
    family = [root]
    for process in family:
        family.extend(child for child, parent in parents.items() if parent == process)
    return family


def _cpu_seconds(process: int) -> float:
    try:
        # Counted behind the name, which may hold spaces (proc(5)): user and system.
        fields = (_PROCESSES / str(process) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _proportional_set_size(process: int) -> int:
    try:
        with (_PROCESSES / str(process) / "smaps_rollup").open(encoding="ascii") as rollup:
            for line in rollup:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        return 0
    return 0
