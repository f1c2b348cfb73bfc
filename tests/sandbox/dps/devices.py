"""A stand-in with one instance, and chips of the test vendor with their keys, for device tests."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tng.sandbox.authority import SandboxAuthority
from tng.sandbox.dps.device_endpoint import DEVICE_PORT, DeviceEndpoint
from tng.sandbox.dps.device_registration import DeviceBehaviour, DeviceRegistrations
from tng.sandbox.dps.hub import IotHubs
from tng.sandbox.dps.state import DpsInstance, DpsState, Enrollment
from tng.testing.keys import seeded_key
from tng.testing.microchip import MicrochipVendor
from tng.testing.parts import TNGTLSU_608C
from tng.x509.certificate import read_certificate
from tng.x509.pem import to_pem

SCOPE = "0ne00112233"
HUBS = ("hub-west.azure-devices.net", "hub-east.azure-devices.net")
VENDOR = MicrochipVendor()


@dataclass(frozen=True)
class Chip:
    """A chip whose private key is at hand, as files in ``folder``."""

    certificate: bytes
    key_pem: str
    folder: Path
    common_name: str = field(init=False)

    def __post_init__(self):
        object.__setattr__(
            self, "common_name", read_certificate(self.certificate).subject.common_name
        )
        self.folder.mkdir(parents=True, exist_ok=True)
        self.certificate_file.write_text(to_pem(self.certificate))
        self.key_file.write_text(self.key_pem)

    @property
    def registration_id(self):
        return self.common_name.lower()

    @property
    def certificate_file(self):
        return self.folder / "chip.pem"

    @property
    def key_file(self):
        return self.folder / "chip.key"

    def enrollment(self, **document):
        """The enrollment of this chip; keywords are members of its document."""
        return Enrollment(
            self.registration_id,
            {
                "registrationId": self.registration_id,
                "provisioningStatus": "enabled",
                "deviceId": self.common_name,
                **document,
            },
            sha256(self.certificate).hexdigest(),
        )


def private_pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def make_chip(folder: Path, number=0, part=TNGTLSU_608C, vendor=VENDOR) -> Chip:
    device = vendor.device(number, part)
    key = seeded_key(vendor.seed, f"device/{device.unique_id}")
    assert key.spki.endswith(device.point)
    return Chip(device.certificate, private_pem(key.private), folder)


@dataclass(frozen=True)
class DeviceSide:
    """A running stand-in: ``state`` and ``registrations`` may be changed while it runs."""

    state: DpsState
    registrations: DeviceRegistrations
    endpoint: DeviceEndpoint
    authority: SandboxAuthority
    ca_file: Path
    hubs: IotHubs

    @property
    def host(self):
        return self.endpoint.address[0]

    def enroll(self, *enrollments: Enrollment):
        for enrollment in enrollments:
            self.state.instances[0].enrollments[enrollment.registration_id.lower()] = enrollment

    def enrollment(self, registration_id):
        return self.state.instances[0].enrollments[registration_id]

    def behave(self, **behaviour):
        self.registrations.behave(DeviceBehaviour(**{"retry_seconds": 0, **behaviour}))


def make_state(hubs=HUBS) -> DpsState:
    return DpsState((DpsInstance("dps", ("127.0.0.1:443",), SCOPE, {}, hubs),))


def loopback_address() -> str:
    """One of the loopback's 16 million, so that tests at the same time do not meet."""
    first, second, third = (1 + secrets.randbelow(253) for _ in range(3))
    return f"127.{first}.{second}.{third}"


@contextmanager
def running_device_side(folder: Path, hubs=HUBS, port=DEVICE_PORT) -> Iterator[DeviceSide]:
    host = loopback_address()
    authority = SandboxAuthority([host, *hubs])
    folder.mkdir(parents=True, exist_ok=True)
    ca_file = folder / "ca.pem"
    ca_file.write_text(authority.ca_pem)
    state = make_state(hubs)
    registrations = DeviceRegistrations(state, DeviceBehaviour(retry_seconds=0))
    served = IotHubs(state)
    with DeviceEndpoint(registrations, authority, hubs=served, host=host, port=port) as endpoint:
        yield DeviceSide(state, registrations, endpoint, authority, ca_file, served)
