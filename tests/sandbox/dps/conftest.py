"""Fixtures: a stand-in of each test's own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.sandbox.dps.services import ServiceUnderTest
from tng.sandbox.dps.sandbox import DEFAULT_INSTANCES, DpsSandbox


@pytest.fixture
def start_service() -> Iterator[Callable[..., ServiceUnderTest]]:
    """Starts stand-ins with settings of one's own."""
    with ExitStack() as stack:

        def start(*specifications: Any, **settings: Any) -> ServiceUnderTest:
            sandbox = DpsSandbox(specifications or DEFAULT_INSTANCES, **settings)
            service = ServiceUnderTest(stack.enter_context(sandbox))
            stack.callback(lambda: [opened.close() for opened in service.opened])
            return service

        yield start


@pytest.fixture
def service(start_service: Callable[..., ServiceUnderTest]) -> ServiceUnderTest:
    """A stand-in with one instance."""
    return start_service()


@pytest.fixture
def identity(service: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch) -> ServiceUnderTest:
    """The stand-in, its managed identity in the environment of the test."""
    for name, value in service.running.environment.items():
        monkeypatch.setenv(name, value)
    return service
