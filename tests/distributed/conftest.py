"""A cluster for the tests of a module: two workers, each a process."""

import pytest

from tests.distributed.processes import scheduler, workers


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with scheduler(tmp_path_factory.mktemp("dask")) as running, workers(running):
        yield running
