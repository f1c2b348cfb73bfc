"""Fixtures: a target of every cloud in turn, opened as `tng` would open it."""

from collections.abc import Callable

import pytest

from tests.cloud_cases.interface import CaseTarget, CloudCase
from tng.clouds.interface import Cloud
from tng.clouds.registry import CloudOpener, select_targets
from tng.config.loading import load_settings
from tng.sandbox.configuration import SandboxFiles, TargetSection


class RecordingCaller:
    """A `Caller` without rates and retries that writes down what it was asked for."""

    def __init__(self) -> None:
        self.operations: list[str] = []

    def __call__(self, operation, call):
        self.operations.append(operation)
        return call()


@pytest.fixture
def case(cloud_case: CloudCase) -> CloudCase:
    return cloud_case


@pytest.fixture
def caller() -> RecordingCaller:
    return RecordingCaller()


OpenTarget = Callable[..., Cloud]


@pytest.fixture
def open_target(case, caller, tmp_path, monkeypatch) -> OpenTarget:
    """Opens a target as `tng` would; flags may be given, and settings left ``without``."""
    folder = tmp_path / "configuration"
    environment = case.environment(folder)
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def open_one(
        target: CaseTarget = case.first, *, preflight: bool = True, without: str = "", **flags
    ) -> Cloud:
        files = SandboxFiles(folder)
        files.write([_without(section, without) for section in case.sections()], case.side_files())
        settings = load_settings(files.configuration, {}, folder)
        (chosen,) = select_targets(settings, [target.name], flags)
        cloud = CloudOpener(threads=4, environment=environment).open(chosen, caller)
        if preflight:
            cloud.preflight(offline=False)
        return cloud

    return open_one


def _without(section: TargetSection, key: str) -> TargetSection:
    values = {name: value for name, value in section.values.items() if name != key}
    return TargetSection(section.name, values)


@pytest.fixture
def cloud(open_target: OpenTarget) -> Cloud:
    return open_target()
