"""The device side judged by the real azure-iot-device client, and its manners with hostile ones."""

import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass

import pytest
from azure.iot.device import X509, ProvisioningDeviceClient
from azure.iot.device import exceptions as azure

from tests.sandbox.dps.devices import HUBS, SCOPE, make_chip, running_device_side
from tng.errors import ConfigurationError
from tng.sandbox.dps.device_endpoint import DeviceEndpoint
from tng.sandbox.mqtt.tls import CertificateWatch
from tng.testing.microchip import MicrochipVendor
from tng.testing.parts import MAH22

PATIENCE = 30


@pytest.fixture(scope="module")
def side(tmp_path_factory):
    with running_device_side(tmp_path_factory.mktemp("side")) as running:
        yield running


@pytest.fixture(autouse=True)
def _usual_behaviour(side):
    side.behave()


@pytest.fixture
def chip(side, tmp_path):
    made = make_chip(tmp_path / "chip")
    side.enroll(made.enrollment())
    return made


def with_azure(side, chip, registration_id=None, scope=SCOPE):
    """What the real client makes of it; it knows no deadline, so it runs beside the test."""
    client = ProvisioningDeviceClient.create_from_x509_certificate(
        provisioning_host=side.host,
        registration_id=registration_id or chip.registration_id,
        id_scope=scope,
        x509=X509(str(chip.certificate_file), str(chip.key_file)),
        server_verification_cert=side.authority.ca_pem,
    )
    results = []

    def run():
        try:
            results.append(client.register())
        except azure.ClientError as error:
            # It leaves its threads and timers behind, and has no public way to end them.
            client._pipeline.shutdown(callback=lambda **_: None)
            results.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert results, f"the client has not come back within {PATIENCE} s"
    return results[0]


def cause(result):
    assert isinstance(result, azure.ClientError), result
    return str(result.__cause__)


def test_the_real_client_registers_chips_at_the_same_time(side, tmp_path):
    chips = [make_chip(tmp_path / str(n), n) for n in range(3)]
    side.enroll(*(chip.enrollment() for chip in chips))
    with ThreadPoolExecutor() as pool:
        results = list(pool.map(lambda chip: with_azure(side, chip), chips))
    for chip, result in zip(chips, results, strict=True):
        assert result.status == "assigned", result
        assert result.registration_state.device_id == chip.common_name
        assert result.registration_state.assigned_hub in HUBS
        assert result.registration_state.sub_status == "initialAssignment"
        assert side.enrollment(chip.registration_id).registration["status"] == "assigned"


def test_the_real_client_is_refused_as_a_stranger(side, tmp_path):
    stranger = make_chip(tmp_path / "stranger", 77, vendor=MicrochipVendor("another vendor"))
    assert "status code 401" in cause(with_azure(side, stranger))


def test_the_real_client_is_refused_with_another_certificate_of_that_name(side, chip, tmp_path):
    other = make_chip(tmp_path / "other", 5)
    side.enroll(other.enrollment())
    result = with_azure(side, chip, registration_id=other.registration_id)
    assert "status code 401" in cause(result)


def test_the_real_client_is_refused_in_another_scope(side, chip):
    assert "status code 401" in cause(with_azure(side, chip, scope="0neFFFFFFFF"))


def test_the_real_client_is_refused_where_disabled(side, chip):
    side.enroll(chip.enrollment(provisioningStatus="disabled"))
    assert "invalid registration status disabled" in cause(with_azure(side, chip))


def test_the_real_client_comes_through_throttling(side, chip):
    side.behave(throttled=1)
    assert with_azure(side, chip).status == "assigned"


def test_a_name_that_does_not_fit_the_scope_ends_in_credentials_invalid(side, chip):
    result = with_azure(side, chip, scope="not/a/scope")
    assert isinstance(result, azure.CredentialError)


def context(side, chip=None, **versions):
    made = ssl.create_default_context(cadata=side.authority.ca_pem)
    if chip:
        made.load_cert_chain(chip.certificate_file, chip.key_file)
    for name, version in versions.items():
        setattr(made, name, version)
    return made


def connected(side, tls):
    return tls.wrap_socket(
        socket.create_connection(side.endpoint.address, timeout=5), server_hostname=side.host
    )


def connect_packet(client_id, username):
    def text(value):
        return len(value).to_bytes(2, "big") + value.encode()

    body = text("MQTT") + bytes((4, 0x82, 0, 60)) + text(client_id) + text(username)
    return bytes((0x10, len(body))) + body


def test_a_certificate_with_a_space_in_its_name_still_passes_tls(side, tmp_path):
    chip = make_chip(tmp_path / "old", 3, MAH22)
    with connected(side, context(side, chip)) as stream:
        stream.sendall(
            connect_packet("0123 ATECC", f"{SCOPE}/registrations/0123 ATECC/api-version=1")
        )
        assert stream.recv(4).hex() == "20020000"


@pytest.mark.parametrize(
    ("client_id", "username"),
    [
        ("abc", "nonsense"),
        ("abc", f"{SCOPE}/registrations/other/api-version=2019-03-31"),
        ("abc", f"{SCOPE}/registrations/abc"),
    ],
)
def test_names_that_do_not_fit_are_not_authorized(side, chip, client_id, username):
    with connected(side, context(side, chip)) as stream:
        stream.sendall(connect_packet(client_id, username))
        assert stream.recv(4).hex() == "20020005"


def test_without_a_certificate_nobody_is_authorized(side):
    with connected(side, context(side)) as stream:
        stream.sendall(connect_packet("abc", f"{SCOPE}/registrations/abc/api-version=2019-03-31"))
        assert stream.recv(4).hex() == "20020005"


def test_tls_1_3_alone_is_refused(side, chip):
    only_new = context(side, chip, minimum_version=ssl.TLSVersion.TLSv1_3)
    with pytest.raises(ssl.SSLError), connected(side, only_new):
        pass


def test_a_certificate_without_its_key_does_not_pass_tls(side, chip, tmp_path):
    """Proof of possession: the server must refuse a signature by another key."""
    size = len(chip.certificate)
    others = (make_chip(tmp_path / "thief", number) for number in range(1, 50))
    thief = next(other for other in others if len(other.certificate) == size)
    seen = CertificateWatch()
    # A client that lies cannot be made with `ssl`, which compares key and certificate: so
    # the bytes of an honest one are changed under way.
    proxy = _Swapper(side.endpoint.address, thief.certificate, chip.certificate)
    with proxy as port:
        stream = socket.create_connection(("127.0.0.1", port), timeout=5)
        tls = context(side, thief, maximum_version=ssl.TLSVersion.TLSv1_2)
        # decrypt_error: a signature that could not be verified (RFC 5246 §7.2.2).
        with pytest.raises(ssl.SSLError, match="DECRYPT_ERROR"):
            tls.wrap_socket(stream, server_hostname=side.host).recv(1)
        stream.close()
    assert seen.feed(bytes(proxy.sent)) == chip.certificate


@dataclass
class _Swapper:
    """Forwards one connection and puts another certificate into what the client sends."""

    address: tuple[str, int]
    old: bytes
    new: bytes

    def __enter__(self):
        self.sent = bytearray()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        return self._listener.getsockname()[1]

    def __exit__(self, *_):
        self._thread.join(10)
        self._listener.close()

    def _run(self):
        client, _ = self._listener.accept()
        with client, socket.create_connection(self.address) as server:
            back = threading.Thread(target=self._forward, args=(server, client, lambda data: data))
            back.start()
            self._forward(client, server, self._swap)
            back.join(10)

    def _swap(self, data):
        changed = data.replace(self.old, self.new)
        self.sent += changed
        return changed

    @staticmethod
    def _forward(source, target, change):
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(change(data))
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)


def test_hostile_visitors_disturb_nobody(side, chip):
    visitors = [b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\0" * 70_000]
    for data in visitors:
        visitor = socket.create_connection(side.endpoint.address, timeout=5)
        with visitor, suppress(ConnectionError):
            visitor.sendall(data)
    with connected(side, context(side, chip)) as stream:
        stream.sendall(b"\xff" * 100)
        assert stream.recv(10) == b""
    assert with_azure(side, chip).status == "assigned"


def test_the_watch_finds_the_leaf_in_pieces_of_any_size():
    leaf = bytes(range(256)) * 2
    entry = len(leaf).to_bytes(3, "big") + leaf
    listed = (len(entry) + 5).to_bytes(3, "big") + entry + b"\0\0\2ab"
    messages = b"\1\0\0\2hi" + b"\x0b" + len(listed).to_bytes(3, "big") + listed + b"\x10\0\0\0"
    records = b"".join(
        b"\x16\x03\x03" + len(part).to_bytes(2, "big") + part
        for part in (messages[:100], messages[100:])
    )
    for size in (1, 7, 1000):
        watch = CertificateWatch()
        pieces = [records[i : i + size] for i in range(0, len(records), size)]
        assert [found for piece in pieces if (found := watch.feed(piece))] == [leaf]


def test_stopping_ends_the_connections_and_frees_the_port(tmp_path):
    with running_device_side(tmp_path, port=0) as side:
        stream = connected(side, context(side, make_chip(tmp_path / "chip")))
        host, port = side.endpoint.address
        began = time.monotonic()
    with stream, suppress(OSError):
        assert stream.recv(1) == b""
    assert time.monotonic() - began < 20
    with DeviceEndpoint(side.registrations, side.authority, host=host, port=port) as again:
        assert again.address == (host, port)


def test_a_taken_port_is_a_configuration_error(side):
    host, port = side.endpoint.address
    with pytest.raises(ConfigurationError, match=f"port {port}"):
        DeviceEndpoint(side.registrations, side.authority, host=host, port=port)
