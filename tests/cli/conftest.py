"""Fixtures: the real ``tng`` before one cloud."""

import pytest

from tests.cli.workshop import Workshop, make_workshop


@pytest.fixture
def workshop(cloud_case, tmp_path) -> Workshop:
    """Once per cloud."""
    return make_workshop(tmp_path, cloud_case)


@pytest.fixture
def case(workshop):
    return workshop.case
