"""Fixtures: a gateway of each test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.emulators import CloudUnderTest
from tests.sandbox.gateway.world import World
from tng.sandbox.authority import SandboxAuthority
from tng.sandbox.aws import device_names
from tng.sandbox.gateway.gateway import DeviceGateway


@pytest.fixture
def world(ministack_cloud: CloudUnderTest, ministack, tmp_path: Path) -> Iterator[World]:
    accounts = (ministack_cloud.eu, ministack_cloud.us)
    authority = SandboxAuthority(device_names(accounts))
    with DeviceGateway(accounts, ministack.port, authority) as gateway:
        made = World(gateway, authority, *accounts, tmp_path / "devices")
        yield made
        for stream in made.opened:
            stream.close()
