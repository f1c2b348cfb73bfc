"""The gateway judged by clients that others have written, and the responder at a real broker."""

import json
import shutil
import ssl
import subprocess
import threading
import time
from dataclasses import dataclass, field

import paho.mqtt.client as paho
import pytest

from tests.mosquitto import running_mosquitto
from tests.sandbox.gateway.bridge import FleetBridge
from tests.sandbox.gateway.clients import PATIENCE, Identity, RawClient, open_stream, tls_context
from tests.sandbox.gateway.world import World, new_request
from tng.sandbox.gateway.fleet import CREATE_TOPIC
from tng.sandbox.gateway.preparation import TEMPLATE_NAME, prepare_fleet


class _NamedContext(ssl.SSLContext):
    """Says a server name of one's own; paho's is what it connects to."""

    server_name = ""

    def wrap_socket(self, *arguments, **more):
        return super().wrap_socket(*arguments, **(more | {"server_hostname": self.server_name}))


@dataclass
class PahoClient:
    """The usual client, its callbacks as events."""

    world: World
    identity: Identity
    client_id: str
    happened: threading.Condition = field(default_factory=threading.Condition)
    events: list = field(default_factory=list)

    def __enter__(self):
        context = _NamedContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=self.world.authority.ca_pem)
        context.load_cert_chain(self.identity.certificate_file, self.identity.key_file)
        context.server_name = self.world.endpoint(self.world.eu)
        self.client = paho.Client(client_id=self.client_id, protocol=paho.MQTTv311)
        self.client.tls_set_context(context)
        self.client.on_connect = lambda *a: self._note("connected", a[3])
        self.client.on_subscribe = lambda *a: self._note("subscribed", a[3])
        self.client.on_message = lambda *a: self._note(a[2].topic, a[2].payload)
        self.client.on_publish = lambda *a: self._note("acknowledged", a[2])
        host, port = self.world.gateway.address.split(":")
        self.client.connect(host, int(port))
        self.client.loop_start()
        return self

    def __exit__(self, *_):
        self.client.disconnect()
        self.client.loop_stop()

    def wait_for(self, name):
        with self.happened:
            assert self.happened.wait_for(lambda: name in dict(self.events), PATIENCE), self.events
            return dict(self.events)[name]

    def _note(self, name, what):
        with self.happened:
            self.events.append((name, what))
            self.happened.notify_all()


def test_paho_speaks_with_it(world: World):
    device = world.register(world.identity(), thing="sn1")
    with PahoClient(world, device, "sn1") as client:
        assert client.wait_for("connected") == 0
        client.client.subscribe("devices/sn1/#", 1)
        assert client.wait_for("subscribed") == (1,)
        client.client.publish("devices/sn1/state", b"on", qos=1)
        client.wait_for("acknowledged")
        assert client.wait_for("devices/sn1/state") == b"on"


def test_paho_is_told_what_is_not_authorized(world: World):
    device = world.register(world.identity(), thing="sn1")
    with PahoClient(world, device, "another") as client:
        assert client.wait_for("connected") == paho.CONNACK_REFUSED_NOT_AUTHORIZED


def _mosquitto(program, world, device, *arguments):
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed (apt-get install mosquitto-clients)")
    ca_file = world.folder / "ca.pem"
    ca_file.write_text(world.authority.ca_pem)
    # It says as server name what it connects to, and localhost means the first account.
    port = world.gateway.address.split(":")[1]
    return [
        found, "-h", "localhost", "-p", port, "--cafile", str(ca_file), "--cert",
        str(device.certificate_file), "--key", str(device.key_file), "-i", "sn1", *arguments,
    ]  # fmt: skip


@pytest.mark.parametrize("version", ["tlsv1.2", "tlsv1.3"])
def test_mosquitto_pub_and_sub_speak_with_it(world: World, version):
    device = world.register(world.identity(), thing="sn1")
    common = ("--tls-version", version, "-t", "devices/sn1/state", "-q", "1")
    publishing = _mosquitto("mosquitto_pub", world, device, *common, "-m", "on")
    done = subprocess.run(publishing, capture_output=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    assert [message.payload for message in world.side.broker.published] == [b"on"]
    # Nobody can see when it has subscribed, so it is told until it has heard.
    listening = _mosquitto("mosquitto_sub", world, device, *common, "-C", "1")
    sender = world.device()
    with (
        subprocess.Popen(listening, stdout=subprocess.PIPE) as process,
        world.connected(sender, "sender") as client,
    ):
        end = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < end:
            assert client.publish("devices/sn1/state", b"off")
            time.sleep(0.05)
        process.kill()
        assert process.stdout is not None
        assert process.stdout.read() == b"off\n"


def test_mosquitto_is_refused_with_an_inactive_certificate(world: World):
    device = world.device(status="INACTIVE")
    publishing = _mosquitto("mosquitto_pub", world, device, "-t", "t", "-m", "on", "-q", "1")
    done = subprocess.run(publishing, capture_output=True, timeout=PATIENCE)
    assert done.returncode != 0
    assert not world.side.broker.published


def test_the_aws_runtime_speaks_with_it(world: World):
    pytest.importorskip("awscrt", reason="needs awscrt (pip install 'tng[device]')")
    from awscrt import io, mqtt

    device = world.register(world.identity(), thing="sn1")
    options = io.TlsContextOptions.create_client_with_mtls(
        device.pem.encode(), device.key_file.read_bytes()
    )
    options.override_default_trust_store(world.authority.ca_pem.encode())
    connection = mqtt.Connection(
        client=mqtt.Client(tls_ctx=io.ClientTlsContext(options)),
        host_name="localhost",
        port=int(world.gateway.address.split(":")[1]),
        client_id="sn1",
        ping_timeout_ms=int(PATIENCE * 1000),
        keep_alive_secs=60,
    )
    came = threading.Event()
    connection.connect().result(PATIENCE)
    connection.subscribe(
        "devices/sn1/#", mqtt.QoS.AT_LEAST_ONCE, lambda topic, payload, **_: came.set()
    )[0].result(PATIENCE)
    connection.publish("devices/sn1/x", b"on", mqtt.QoS.AT_LEAST_ONCE)[0].result(PATIENCE)
    assert came.wait(PATIENCE)
    connection.disconnect().result(PATIENCE)


def test_the_responder_answers_at_a_real_broker_with_mutual_tls(world: World, tmp_path):
    made = prepare_fleet(world.side.registry)
    claim = Identity(tmp_path / "claim", made.certificate_pem, made.key_pem)
    files = {
        "ca.pem": made.certificate_pem,
        "server.pem": world.authority.certificate_pem,
        "server.key": world.authority.key_pem,
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    secured = (
        f"cafile {tmp_path}/ca.pem\ncertfile {tmp_path}/server.pem\nkeyfile {tmp_path}/server.key\n"
        "require_certificate true\nallow_anonymous true"
    )
    listeners = {"devices": secured, "responder": "allow_anonymous true"}
    with running_mosquitto(tmp_path / "broker", listeners) as ports:
        context = tls_context(world.authority.ca_pem, claim)
        stream = open_stream(f"127.0.0.1:{ports['devices']}", context, "localhost")
        with FleetBridge(world.side.fleet, ports["responder"]), RawClient(stream) as client:
            assert client.connect("station") == 0
            register = f"$aws/provisioning-templates/{TEMPLATE_NAME}/provision/json"
            client.subscribe(f"{CREATE_TOPIC}/+", f"{register}/+")
            request = {"certificateSigningRequest": new_request("sn0123")}
            client.publish(CREATE_TOPIC, json.dumps(request).encode())
            topic, payload = client.receive()
            assert topic == f"{CREATE_TOPIC}/accepted"
            token = json.loads(payload)["certificateOwnershipToken"]
            request = {"certificateOwnershipToken": token, "parameters": {"SerialNumber": "sn1"}}
            client.publish(register, json.dumps(request).encode())
            topic, payload = client.receive()
            assert topic == f"{register}/accepted"
            assert json.loads(payload)["thingName"] == "sn1"
