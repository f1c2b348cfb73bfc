"""Fixtures: the real ``tng`` before one cloud."""

from collections.abc import Iterator

import pytest

from tests.cli.workshop import Workshop, make_workshop
from tests.cloud_cases.fixtures import PROGRAM_KINDS, cases, open_case
from tests.cloud_cases.interface import CloudCase


@pytest.fixture(params=cases(PROGRAM_KINDS))
def cloud_case(request: pytest.FixtureRequest) -> Iterator[CloudCase]:
    """One cloud of each kind in turn."""
    with open_case(request.param, request.getfixturevalue) as case:
        yield case


@pytest.fixture
def workshop(cloud_case, tmp_path) -> Workshop:
    """Once per cloud."""
    return make_workshop(tmp_path, cloud_case)


@pytest.fixture
def case(workshop):
    return workshop.case
