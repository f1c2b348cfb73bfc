"""One CA, one broker with many listeners, devices with keys in memory and in a token."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tests import softhsm
from tests.device.pki import Authority
from tests.device.servers import over_tls, serving
from tests.mosquitto import running_mosquitto
from tng.device.credentials import load_token_credentials
from tng.device.link import DeviceEndpoint
from tng.pkcs11.public import public_key_of
from tng.pkcs11.session import find_private_key, open_session
from tng.pkcs11.uri import read_uri

NAME = "iot.example.test"
"""A name that leads nowhere: only SNI and certificates know it."""

_RULES = """
pattern readwrite free/#
user no-receive
topic write devices/#
"""


@dataclass(frozen=True)
class Broker:
    """mosquitto: a port for each kind of listener."""

    ports: dict
    ca_file: Path
    other_ca_file: Path

    def endpoint(self, listener="main", **more):
        """The listener by the name that its certificate has, wherever that is."""
        address = ("127.0.0.1", self.ports[listener])
        return DeviceEndpoint(NAME, 8883, **{"address": address, "ca_file": self.ca_file, **more})

    def local(self, listener="main"):
        """The listener by a name that can be resolved, for keys in tokens."""
        return DeviceEndpoint("localhost", self.ports[listener], None, self.ca_file)


@pytest.fixture(scope="session")
def authority():
    return Authority()


@pytest.fixture(scope="session")
def other_authority():
    return Authority("another CA")


@pytest.fixture(scope="session")
def revoked(authority):
    return authority.device("revoked")


@pytest.fixture(scope="session")
def broker(tmp_path_factory, authority, other_authority, revoked):
    folder = tmp_path_factory.mktemp("mosquitto")
    ca_file, other_ca_file = folder / "ca.pem", folder / "other.pem"
    ca_file.write_text(authority.pem)
    other_ca_file.write_text(other_authority.pem)
    (folder / "crl.pem").write_text(authority.revoking(revoked))
    (folder / "acl").write_text(_RULES)
    certificate, key = authority.server(NAME, "localhost", "127.0.0.1").write(folder, "server")
    tls = f"certfile {certificate}\nkeyfile {key}\nrequire_certificate true\n"
    known = f"{tls}cafile {ca_file}\n"
    identified = "use_identity_as_username true\n"
    listeners = {
        "main": known + identified,
        "rules": f"{known}{identified}acl_file {folder / 'acl'}\n",
        "strangers": f"{tls}cafile {other_ca_file}\nallow_anonymous true\n",
        "passwords": f"{known}allow_anonymous false\n",
        "revocation": f"{known}{identified}crlfile {folder / 'crl.pem'}\n",
        "tls 1.2": f"{known}{identified}tls_version tlsv1.2\n",
    }
    with running_mosquitto(folder / "broker", listeners) as ports:
        yield Broker(ports, ca_file, other_ca_file)


@pytest.fixture(scope="session")
def device(authority):
    """A certificate with its key in memory."""
    return authority.device("device-1")


@pytest.fixture(scope="session")
def token_device(authority, tmp_path_factory):
    """Credentials whose key is in a token."""
    uri = read_uri(softhsm.token().uri(token=softhsm.LABEL.replace(" ", "%20"), object="p256"))
    with open_session(uri, softhsm.PIN) as session:
        spki = public_key_of(session, find_private_key(session, uri))
    issued = authority.device_of("token-device", load_der_public_key(spki))
    certificate, _ = issued.write(tmp_path_factory.mktemp("token-device"), "device")
    return load_token_credentials(certificate, uri, softhsm.PIN)


@pytest.fixture(params=["file", "token"])
def credentials(request, device):
    """Whatever holds the key: everything has to be the same."""
    if request.param == "file":
        return device.credentials
    return request.getfixturevalue("token_device")


@pytest.fixture
def at_server(authority, tmp_path):
    """Starts a TLS server and gives the endpoint; it demands certificates of the test CA."""
    servers = []

    def start(behave, issued=None, change=lambda _: None, *, host=NAME, port=8883, local=False):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issued = issued or authority.server(NAME, "localhost")
        context.load_cert_chain(*issued.write(tmp_path, "server"))
        context.load_verify_locations(cadata=authority.pem)
        context.verify_mode = ssl.CERT_REQUIRED
        server = serving(over_tls(behave, change, context))
        there = server.__enter__()
        servers.append(server)
        (tmp_path / "ca.pem").write_text(authority.pem)
        if local:
            return DeviceEndpoint("localhost", there, None, tmp_path / "ca.pem")
        return DeviceEndpoint(host, port, ("127.0.0.1", there), tmp_path / "ca.pem")

    yield start
    for server in servers:
        server.__exit__(None, None, None)
