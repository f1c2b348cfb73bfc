"""Through a real broker with mutual TLS, where the service is another client."""

import threading
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tests import softhsm
from tests.commands import run_tng
from tests.device.pki import Authority
from tests.mosquitto import running_mosquitto
from tests.provisioning.fleet_service import CREATE, REGISTER, TEMPLATE, FleetAnswers
from tng.device.link import DeviceEndpoint
from tng.device.links import open_link
from tng.device.mqtt_model import MqttDeadlineError, MqttLostError
from tng.pkcs11.public import public_key_of
from tng.pkcs11.session import find_private_key, open_session
from tng.pkcs11.uri import read_uri
from tng.testing.requests import board_request, request_pem


class Responder:
    """Fleet provisioning as a client of a broker, in a thread of its own."""

    def __init__(self, endpoint: DeviceEndpoint, credentials) -> None:
        self.answers = FleetAnswers()
        self._endpoint, self._credentials = endpoint, credentials
        self._over, self._up = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Responder":
        self._thread.start()
        assert self._up.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(60)

    def _run(self) -> None:
        link = open_link(self._endpoint, self._credentials, "service", timeout_seconds=60)
        with link, suppress(MqttLostError):
            link.connect()
            link.subscribe(CREATE)
            link.subscribe(REGISTER)
            self._up.set()
            while not self._over.is_set():
                link.renew(0.5)
                with suppress(MqttDeadlineError):
                    message = link.receive()
                    for topic, payload in self.answers(message.topic, message.payload):
                        link.publish(topic, payload)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="module")
def broker(tmp_path_factory, authority):
    """Port and CA file of a broker that knows the authority's clients."""
    folder = tmp_path_factory.mktemp("fleet-broker")
    file = folder / "ca.pem"
    file.write_text(authority.pem)
    certificate, key = authority.server("localhost", "127.0.0.1").write(folder, "server")
    lines = (
        f"certfile {certificate}\nkeyfile {key}\ncafile {file}\nrequire_certificate true\n"
        "use_identity_as_username true\n"
    )
    with running_mosquitto(folder / "broker", {"main": lines}) as ports:
        yield ports["main"], file


@pytest.fixture
def responder(broker, authority):
    port, file = broker
    credentials = authority.device("service").credentials
    with Responder(DeviceEndpoint("localhost", port, None, file), credentials) as made:
        yield made


def words(broker, certificate: Path, *more: str) -> list[str]:
    port, file = broker
    return [
        "fleet-provision", *more, "--endpoint", f"localhost:{port}", "--ca-file", str(file),
        "--template", TEMPLATE, "--claim-certificate", str(certificate),
        "--parameter", "SerialNumber={device_id}",
    ]  # fmt: skip


def test_a_claim_in_files_provisions_through_a_broker(
    broker, authority, responder, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    certificate, key = authority.device("claim").write(tmp_path, "claim")
    (tmp_path / "boards.log").write_text(
        "".join(request_pem(board_request(number)) for number in (1, 2))
    )
    done = run_tng(*words(broker, certificate, "boards.log", "--claim-key", str(key)), expect=0)
    assert "2 passed" in done.stderr
    assert len(responder.answers.active) == 2


@pytest.mark.parametrize("apart", [False, True], ids=["one PIN", "a PIN for each"])
def test_claim_and_device_keys_in_a_token(
    broker, authority, responder, tmp_path, monkeypatch, apart
):
    monkeypatch.chdir(tmp_path)
    token = softhsm.token()
    uri = read_uri(token.uri(token=softhsm.LABEL.replace(" ", "%20"), object="p256"))
    with open_session(uri, softhsm.PIN) as session:
        spki = public_key_of(session, find_private_key(session, uri))
    issued = authority.device_of("token-claim", load_der_public_key(spki))
    certificate, _ = issued.write(tmp_path, "claim")
    monkeypatch.setenv("TNG_PKCS11_PIN", "wrong" if apart else softhsm.PIN)
    (tmp_path / "pin").write_text(softhsm.PIN)
    if apart:
        monkeypatch.setenv("TNG_CLAIM_PKCS11_PIN", softhsm.PIN)
    command = words(
        broker, certificate,
        "--claim-pkcs11", token.module, "--claim-token", softhsm.LABEL, "--claim-key", "p256",
        "--pkcs11", token.module, "--token", softhsm.LABEL, "--key", "p384",
        "--subject", "CN=sn0123456789ABCDEF01", *(["--pin-file", "pin"] if apart else []),
    )  # fmt: skip
    done = run_tng(*command, expect=0)
    assert "1 passed" in done.stderr
    assert "board-0123456789abcdef01" in done.stdout
    (pem,) = (tmp_path / "certificates").glob("*.pem")
    assert pem.stem == "0123456789abcdef01"
    assert softhsm.PIN not in done.output
