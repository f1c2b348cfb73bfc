"""Figures of whole processes: peak memory of all of them together, and start-up."""

import os
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

_SAMPLE_SECONDS = 0.02


def tng_command(*arguments: str) -> list[str]:
    """The command line of the installed console script."""
    return [str(Path(sys.executable).with_name("tng")), *arguments]


def elapsed(command: list[str], rounds: int) -> float:
    """Median seconds from start to end; the output is thrown away."""
    samples = []
    for _ in range(rounds):
        start = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        samples.append(time.perf_counter() - start)
    return statistics.median(samples)


def peak_memory(command: list[str]) -> int:
    """Peak of the proportional set sizes of the process and its children, in bytes.

    Sampled from ``/proc`` (Linux); pages that processes share count once.
    """
    peak = 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        ended = threading.Event()
        threading.Thread(target=lambda: (process.wait(), ended.set()), daemon=True).start()
        while not ended.wait(_SAMPLE_SECONDS):
            peak = max(peak, sum(map(_proportional_set_size, _family(process.pid))))
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return peak


def _family(root: int) -> list[int]:
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
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


def _proportional_set_size(process: int) -> int:
    try:
        with open(f"/proc/{process}/smaps_rollup", encoding="ascii") as rollup:  # noqa: PTH123
            for line in rollup:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        return 0
    return 0


def has_proc() -> bool:
    """Whether memory can be measured here."""
    return os.path.exists("/proc/self/smaps_rollup")  # noqa: PTH110
