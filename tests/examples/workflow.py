"""Runs the steps of a GitHub workflow's job as GitHub's runner does, those with ``run`` alone.

Follows "Workflow syntax for GitHub Actions": a new shell for each step, expressions in ``env``,
and conditions, of which an absent one means `success()`. Actions (``uses``) are not run; whether
they would have been is told. Understands only what the example says, and fails for the rest.
"""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_EXPRESSION = re.compile(r"\$\{\{ *(\w+)\.(\w+) *\}\}")
_COMPARED = re.compile(r"(?:(\w+)\.(\w+)|hashFiles\('([^']+)'\)) != ''")
_SHELLS = {"bash": ("bash", "--noprofile", "--norc", "-eo", "pipefail")}


@dataclass(frozen=True)
class Step:
    """What became of a step: ``code`` is `None` for an action, which nobody ran."""

    name: str
    code: int | None
    stdout: str = ""
    stderr: str = ""


@dataclass
class Job:
    """A job in ``folder``. ``contexts`` are ``vars`` and ``secrets``; an absent one is empty."""

    steps: list[dict[str, Any]]
    shell: str
    folder: Path
    environment: Mapping[str, str]
    contexts: Mapping[str, Mapping[str, str]]
    done: list[Step] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        return any(step.code for step in self.done)

    @property
    def names(self) -> list[str]:
        """The steps that were reached."""
        return [step.name for step in self.done]

    def step(self, name: str) -> Step:
        return next(step for step in self.done if step.name == name)

    def run(self) -> "Job":
        for step in self.steps:
            if self._is_wanted(step.get("if", "success()")):
                self.done.append(self._run(step))
        return self

    def _run(self, step: dict[str, Any]) -> Step:
        name = step.get("name") or step["uses"].partition("@")[0]
        if "uses" in step:
            return Step(name, None)
        script = self.folder / ".step.sh"
        script.write_text(step["run"])
        own = {key: _EXPRESSION.sub(self._value, text) for key, text in step.get("env", {}).items()}
        assert "${{" not in "".join(own.values())
        result = subprocess.run(
            [*_SHELLS[step.get("shell", self.shell)], script],
            cwd=self.folder, env={**self.environment, **own}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        script.unlink()
        return Step(name, result.returncode, result.stdout, result.stderr)

    def _is_wanted(self, condition: str) -> bool:
        terms = condition.split(" && ")
        regardless = "always()" in terms
        return (regardless or not self.failed) and all(map(self._holds, terms))

    def _holds(self, term: str) -> bool:
        if term in ("always()", "success()"):
            return True
        found = _COMPARED.fullmatch(term)
        assert found, f"unknown condition {term}"
        if found[3]:
            return any(path.is_file() for path in self.folder.glob(found[3].replace("**", "**/*")))
        return bool(self._value(found))

    def _value(self, found: re.Match[str]) -> str:
        return self.contexts[found[1]].get(found[2], "")
