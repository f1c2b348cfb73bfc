import pytest

from tests.station.simulated import bay


@pytest.fixture
def dock(tmp_path):
    with bay(tmp_path) as made:
        yield made
