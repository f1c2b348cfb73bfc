"""Fixtures of this room."""

import pytest

from tests.watch.watchable_cloud import Watching


@pytest.fixture
def watching(tmp_path):
    watching = Watching(tmp_path)
    yield watching
    watching.ledger.close()
