"""A pytest plugin for CI: a skipped test is a failure there.

Tests skip, and say why, where a program or material is missing; CI has all of it, so
a skip there means that something was quietly not tested. Loaded with
``-p tests.no_skips``.
"""

import os
from pathlib import Path

import pytest

_SHARED = Path(__file__).resolve().parents[2] / "shared"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for report in _unexpected(terminalreporter):
        terminalreporter.write_line(f"skipped in CI: {report.nodeid}", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if hasattr(session.config, "workerinput"):
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus == pytest.ExitCode.OK and _unexpected(reporter):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _unexpected(reporter: pytest.TerminalReporter) -> list[pytest.TestReport]:
    skipped = reporter.stats.get("skipped", [])
    if _SHARED.is_dir() or not os.environ.get("CI"):
        return skipped
    # A user's own CI lacks the vendors' material, which is not part of the project.
    absent = "genuine material is absent"
    return [report for report in skipped if absent not in str(report.longrepr)]
