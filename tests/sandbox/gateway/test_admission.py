"""Who is let in where: by SNI to the account, and there by the certificate's id."""

import ssl
import threading

import pytest

from tests.sandbox.gateway.clients import connect_packet
from tests.sandbox.gateway.world import ALL, World
from tng.sandbox.authority import SandboxAuthority
from tng.sandbox.aws import device_names
from tng.sandbox.gateway.endpoints import accounts_by_name, endpoint_name
from tng.sandbox.gateway.gateway import DeviceGateway
from tng.sandbox.record import certificate_id

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


def refusal(world: World, *arguments, **more):
    """The alert that ends the connection: in TLS 1.3 it comes after the client's handshake."""
    with pytest.raises(ssl.SSLError) as caught:
        world.client(*arguments, **more).stream.recv(1)
    return caught.value.reason


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_one_certificate_in_two_accounts_is_told_apart_by_the_name(world: World, version):
    device = world.device(world.eu, world.us)
    for account in (world.eu, world.us):
        with world.connected(device, "sn1", account, version=version) as client:
            assert client.stream.version().replace("v1.", "v1_") == version.name
            assert client.publish("where", account.target.encode())
    published = {
        account.target: [message.payload for message in side.broker.published]
        for account, side in world.gateway.sides.items()
    }
    assert published == {"sandbox-eu": [b"sandbox-eu"], "sandbox-us": [b"sandbox-us"]}


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_the_name_of_an_account_that_does_not_know_the_certificate_is_refused(world, version):
    device = world.device(world.eu)
    assert refusal(world, device, world.us, version=version) == "TLSV1_ALERT_UNKNOWN_CA"


@pytest.mark.parametrize("status", ["INACTIVE", "REVOKED"])
def test_only_active_certificates_are_let_in(world: World, status):
    device = world.device()
    registry = world.side.registry
    certificate_id = _certificate_id(device)
    registry.set_status(certificate_id, status)
    assert refusal(world, device) == "TLSV1_ALERT_UNKNOWN_CA"
    registry.set_status(certificate_id, "ACTIVE")
    world.connected(device, "sn1")


def test_inactive_in_one_account_and_active_in_another(world: World):
    device = world.device(world.eu)
    world.register(device, world.us, status="INACTIVE", statements=[ALL])
    world.connected(device, "sn1", world.eu)
    assert refusal(world, device, world.us) == "TLSV1_ALERT_UNKNOWN_CA"


def test_a_stranger_is_refused(world: World):
    assert refusal(world, world.identity()) == "TLSV1_ALERT_UNKNOWN_CA"


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_an_expired_certificate_is_refused_with_the_reason(world: World, version):
    device = world.register(world.identity(expires=2021), statements=[ALL])
    assert refusal(world, device, version=version) == "SSLV3_ALERT_CERTIFICATE_EXPIRED"


def test_no_certificate_is_refused(world: World):
    assert "CERTIFICATE" in refusal(world, None) or "HANDSHAKE" in refusal(world, None)


@pytest.mark.parametrize("name", [None, "example.com", "nobody-ats.iot.eu-west-1.amazonaws.com"])
def test_no_name_and_unknown_names_are_refused(world: World, name):
    assert refusal(world, world.device(), name=name) == "TLSV1_UNRECOGNIZED_NAME"


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("localhost", "sandbox-eu"),
        ("sandbox-eu.localhost", "sandbox-eu"),
        ("sandbox-us.localhost", "sandbox-us"),
        ("SANDBOX-US.LOCALHOST", "sandbox-us"),
    ],
)
def test_local_names_mean_the_accounts_too(world: World, name, target):
    device = world.device(world.eu, world.us)
    world.connected(device, "sn1", name=name)
    connected = {
        account.target for account, side in world.gateway.sides.items() if side.broker.client_ids
    }
    assert connected == {target}


def test_every_account_has_an_endpoint_of_its_own_that_stays(world: World):
    names = {endpoint_name(account.account, account.region) for account in (world.eu, world.us)}
    assert len(names) == 2
    assert names < set(accounts_by_name((world.eu, world.us)))
    assert endpoint_name("111111111111", "eu-central-1") == endpoint_name(
        "111111111111", "eu-central-1"
    )
    assert endpoint_name("111111111111", "eu-west-1") != endpoint_name(
        "111111111111", "eu-central-1"
    )


def test_a_policy_is_needed_to_connect(world: World):
    device = world.register(world.identity())
    assert world.client(device).connect("sn1") == 5


def test_nobody_is_let_in_when_the_emulator_has_gone(world: World):
    accounts = (world.eu, world.us)
    authority = SandboxAuthority(device_names(accounts))
    device = world.device()
    gone = 1  # a port of the loopback where nothing listens
    with DeviceGateway(accounts, gone, authority) as gateway:
        other = World(gateway, authority, *accounts, world.folder)
        assert refusal(other, device) == "TLSV1_ALERT_UNKNOWN_CA"
        for stream in other.opened:
            stream.close()


def test_stopping_ends_connections_and_threads(world: World):
    accounts = (world.eu, world.us)
    device = world.device()
    before = set(threading.enumerate())
    gateway = DeviceGateway(accounts, world.side.registry._port, world.authority)
    with gateway:
        other = World(gateway, world.authority, *accounts, world.folder)
        client = other.connected(device, "sn1")
        silent = other.stream(device)
    assert client.is_closed()
    assert set(threading.enumerate()) <= before
    silent.close()
    client.stream.close()


def test_hostile_visitors_disturb_nobody(world: World):
    device = world.device()
    visitors = [
        b"\xff" * 100,
        b"\x10\xff\xff\xff\xff\x7f",
        b"\x30\x03\0\1a",
        connect_packet("sn1", level=5),
        connect_packet("sn1") * 2,
        connect_packet("sn1") + b"\x82\x02\0\1",
        connect_packet("sn1") + b"\x82\x05\0\0\0\0\1",
        connect_packet("sn1") + b"\xa2\x04\0\1\0\1",
        connect_packet("sn1") + b"\x34\x05\0\1a\0\1",
        connect_packet("sn1") + b"\x30\x05\0\1\xff\0\1",
        connect_packet("sn1") + b"\x30\xff\xff\xff\x7f",
        connect_packet(""),
        connect_packet("x" * 200),
    ]
    for data in visitors:
        with world.client(device) as visitor:
            visitor.send(data)
            while not visitor.is_closed():
                pass
    with world.connected(device, "sn1") as client:
        assert client.ping()


def _certificate_id(identity):
    return certificate_id(identity.pem)
