"""Fixture ``cloud_case``: every cloud in turn, with two targets that no other test has.

def test_something(cloud_case):          # once per cloud

All but the first are for ``.ci/run`` only: a newcomer waits five minutes at most, and meets the
others in their own tests and in runs in both clouds.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

import pytest

from tests.cloud_cases.aws import AWS, AwsCase
from tests.cloud_cases.azure import IN_BULK, SINGLE, AzureCase
from tests.cloud_cases.interface import CaseKind, CloudCase
from tests.emulators import open_cloud
from tng.sandbox.clouds import Emulator
from tng.sandbox.dps.quotas import UNLIMITED
from tng.sandbox.dps.sandbox import DpsSandbox, InstanceSpecification

KINDS: Mapping[str, CaseKind] = {
    "ministack": AWS,
    "moto": AWS,
    "dps-bulk": IN_BULK,
    "dps-single": SINGLE,
}
"""Every cloud that must keep the promises."""

SLOW = frozenset({"moto", "dps-bulk", "dps-single"})
"""Clouds that are for `.ci/run`."""


PROGRAM_KINDS: Mapping[str, CaseKind] = {name: KINDS[name] for name in ("ministack", "dps-bulk")}
"""For the program as a whole, one cloud of each kind; the adapters are tried with all of them."""


def cases(kinds: Iterable[str] = KINDS) -> list[object]:
    """Clouds, as parameters."""
    return [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in kinds]


@contextmanager
def open_dps(*, bulk: bool) -> Iterator[AzureCase]:
    """Two instances without a quota."""
    instances = (InstanceSpecification("dps-one"), InstanceSpecification("dps-two"))
    with DpsSandbox(instances, quota=UNLIMITED) as running:
        yield AzureCase(running, bulk=bulk)


@contextmanager
def open_case(name: str, fixture: Callable[[str], object]) -> Iterator[CloudCase]:
    if name.startswith("dps-"):
        with open_dps(bulk=name == "dps-bulk") as azure:
            yield azure
    else:
        with open_cloud(fixture(name), Emulator(name)) as cloud:
            yield AwsCase(cloud)


@pytest.fixture(params=cases())
def cloud_case(request: pytest.FixtureRequest) -> Iterator[CloudCase]:
    """A running cloud, nothing limited or injected, its log empty."""
    with open_case(request.param, request.getfixturevalue) as case:
        yield case


@pytest.fixture
def aws_case(ministack_cloud) -> AwsCase:
    """AWS alone, on the default emulator."""
    return AwsCase(ministack_cloud)


@pytest.fixture
def dps_case() -> Iterator[AzureCase]:
    """Azure alone, in bulk."""
    with open_dps(bulk=True) as case:
        yield case
