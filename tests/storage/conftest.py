"""Fixtures: a server of objects for the session, and a bucket for each test."""

import secrets
from collections.abc import Iterator

import pytest

from tests.storage.buckets import (
    Bucket,
    aws_environment,
    make_bucket,
    serve_s3,
    use_environment,
)


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    with serve_s3() as endpoint:
        yield endpoint


@pytest.fixture
def bucket(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """An empty bucket that the environment leads to."""
    use_environment(monkeypatch, aws_environment(s3_endpoint))
    return make_bucket(s3_endpoint, f"tng-{secrets.token_hex(8)}")
