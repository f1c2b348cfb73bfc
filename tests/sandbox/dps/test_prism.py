"""Real traffic held to the written contract by a proxy that nobody here has written."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from azure.core.credentials import AzureNamedKeyCredential
from azure.iot.deviceprovisioning import DeviceProvisioningClient

from tests.commands import run_tng
from tests.sandbox.certificates import new_certificate
from tests.sandbox.dps.prism import ask, free_port, prism_before, prism_program, tls_before
from tests.sandbox.dps.services import VERSION, enrollment
from tng.sandbox.dps.sandbox import POLICY, DpsSandbox, InstanceSpecification, RunningDps
from tng.testing.manifest import make_entry, write_manifest
from tng.testing.microchip import MicrochipVendor
from tng.testing.trust_files import write_microchip_trust

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
DEVICES = 14


@dataclass(frozen=True)
class Judged:
    """A stand-in behind the proxy: ``port`` speaks http, ``tls_host`` https."""

    running: RunningDps
    port: int
    tls_host: str
    log: Path

    @property
    def violations(self) -> list[str]:
        """What the proxy has complained about."""
        return [
            line
            for line in self.log.read_text("utf-8").splitlines()
            if "iolation" in line or "terminated with error" in line
        ]


@pytest.fixture
def judged(tmp_path: Path) -> Iterator[Judged]:
    prism_program()
    port, tls_port, log = free_port(), free_port(), tmp_path / "prism.log"
    aliases = (f"127.0.0.1:{port}", f"127.0.0.1:{tls_port}")
    with DpsSandbox([InstanceSpecification("judged", aliases=aliases)]) as running:
        upstream = f"https://{running.instances[0].hosts[0]}"
        context = running.authority.server_context()
        with (
            prism_before(upstream, port, running.ca_file, log),
            tls_before(port, tls_port, context),
        ):
            yield Judged(running, port, aliases[1], log)


def test_everything_that_tng_says_and_hears_fits(judged: Judged, tmp_path, monkeypatch):
    vendor, instance = MicrochipVendor("prism"), judged.running.instances[0]
    entries = [make_entry(vendor, vendor.device(number)) for number in range(DEVICES)]
    for name, some in (("one.json", entries[:1]), ("all.json", entries)):
        with (tmp_path / name).open("wb") as stream:
            write_manifest(stream, some)
    root, signer, _ = write_microchip_trust(tmp_path / "trust", vendor)
    key = f"SharedAccessKeyName={POLICY};SharedAccessKey={instance.keys[POLICY]}"
    monkeypatch.setenv("TNG_DPS_CONNECTION_STRING", f"HostName={judged.tls_host};{key}")
    monkeypatch.chdir(tmp_path)
    target = (
        "--cloud",
        "azure",
        "--dps-host",
        judged.tls_host,
        "--ca-file",
        judged.running.ca_file,
    )
    trust = ("--trust-anchor", root, "--manifest-signer", signer)
    wishes = ("--tags", '{"reel": "7", "line": {"a": 1}}', "--desired", '{"seconds": 5}',
              "--iot-hub", instance.hubs[0], "--allocation-policy", "static",
              "--reprovision-policy", "never")  # fmt: skip

    def register(source, *more):
        arguments = ("register", source, *target, *trust, *more, "--yes")
        return run_tng(*map(str, arguments), expect=0).output

    register("one.json", "--no-bulk", *wishes)
    assert f"{DEVICES}  done" in register("all.json", *wishes)
    assert f"{DEVICES}  of them there" in register("all.json", *wishes)
    register("all.json", *wishes, "--provisioning-status", "disabled", "--update")
    documents = [item.document for item in judged.running.state.instances[0].enrollments.values()]
    assert [item["provisioningStatus"] for item in documents] == ["disabled"] * DEVICES
    run_tng("deregister", *map(str, target), "--yes", expect=0)
    assert judged.running.state.instances[0].enrollments == {}
    assert judged.violations == []
    assert "returned 200" in judged.log.read_text("utf-8")


def test_the_rest_of_the_stand_in_fits_as_the_sdk_sees_it(judged: Judged):
    pem = new_certificate()[0]
    key = judged.running.instances[0].keys[POLICY]
    with DeviceProvisioningClient(
        judged.tls_host,
        AzureNamedKeyCredential(POLICY, key),
        connection_verify=str(judged.running.ca_file),
        retry_total=0,
    ) as client:
        made = client.enrollment.create_or_update("sn01", enrollment("sn01", pem))
        assert client.enrollment.get("SN01")["etag"] == made["etag"]
        client.enrollment.get_attestation_mechanism("sn01")
        assert len(list(client.enrollment.query({"query": "SELECT * FROM enrollments"}))) == 1
        client.enrollment.delete("sn01", if_match=made["etag"])
    assert judged.violations == []


BREACHES = [
    ("PUT", "/enrollments/sn01", {"registrationId": "sn01"}),
    ("PUT", "/enrollments/a%20b", enrollment("a b", "x")),
    ("PUT", "/enrollments/sn01", enrollment("sn01", "x", serial="7")),
    ("POST", "/enrollments", {"mode": "create", "enrollments": [enrollment("a1", "x")] * 11}),
    ("POST", "/enrollments", {"mode": "upsert", "enrollments": []}),
]


def test_a_request_that_breaks_the_contract_is_found(judged: Judged):
    token, _ = judged.running.tokens.issue("https://azure-devices-provisioning.net")
    for method, path, body in BREACHES:
        content = json.dumps(body).encode()
        status, answer = ask(
            judged.port, method, f"{path}?{VERSION}", content, Authorization=f"Bearer {token}"
        )
        assert (status, "validation" in answer) == (422, True), (path, answer)
    assert len(judged.running.server.log) == 0
    deadline = time.monotonic() + 60
    while len(judged.violations) < len(BREACHES):
        assert time.monotonic() < deadline, judged.log.read_text("utf-8")
        time.sleep(0.05)


class WrongAnswers(BaseHTTPRequestHandler):
    """A stand-in that gives the certificate back, which the service never does."""

    def do_GET(self):
        primary = {"certificate": "x"}
        x509 = {"clientCertificates": {"primary": primary, "secondary": primary}}
        document = {"registrationId": "sn01", "attestation": {"type": "x509", "x509": x509}}
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        """Say nothing."""


def test_an_answer_that_breaks_the_contract_is_found(tmp_path):
    prism_program()
    server = HTTPServer(("127.0.0.1", 0), WrongAnswers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    upstream = f"http://127.0.0.1:{server.server_port}"
    try:
        with prism_before(upstream, free_port(), None, tmp_path / "prism.log") as port:
            path = f"/enrollments/sn01?{VERSION}"
            status, answer = ask(port, "GET", path, Authorization="Bearer x")
    finally:
        server.shutdown()
        server.server_close()
    assert (status, "VIOLATIONS" in answer) == (500, True), answer
