"""The exit codes of every ``tng`` command; scripts may rely on them."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a finished process says to the shell that started it."""

    DONE = 0
    FINDINGS = 1
    """Findings at or above ``--fail-on``."""
    USAGE = 2
    UNUSABLE = 3
    """Unusable input, trust or configuration; nothing was done."""
    PARTIAL = 4
    """Partly done; the same command resumes, except for devices that are left to a person."""
    REFUSED = 5
    """The cloud refused."""
    DEFECT = 70
    """tng itself failed, which is a defect of it (EX_SOFTWARE of BSD's ``sysexits.h``)."""
    INTERRUPTED = 130
