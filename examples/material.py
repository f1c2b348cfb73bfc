"""What the demonstration works on: a reel, a log of SE050 chips, and the vendor's keys.

All of it is made by the project's test vendor; nothing came from a chip. Two of the reel's
entries and one chip of the log are bad.
"""

import csv
import shutil
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tng.sandbox.local import RunningClouds
from tng.testing.forged_chips import revoked_issuer
from tng.testing.forgeries import changed_payload
from tng.testing.manifest import make_entries, make_entry, write_manifest
from tng.testing.microchip import MicrochipVendor
from tng.testing.nxp import NxpVendor
from tng.testing.sessions import serial_log
from tng.testing.trust_files import write_microchip_trust, write_nxp_trust
from tng.x509.certificate import read_certificate
from tng.x509.pem import to_pem

GENUINE_IN_REEL = 298
FORGED_AT = 117
DUPLICATE_AT = 240
SWITCHED_ON = 41
"""The chip of the reel that registers itself; a number from 0."""
GENUINE_IN_LOG = 2
GENUINE = GENUINE_IN_REEL + GENUINE_IN_LOG
REFUSED = 3
TOTAL = GENUINE + REFUSED

ORDERED_IN_REEL = GENUINE_IN_REEL + 2
ORDERED_IN_LOG = GENUINE_IN_LOG + 1

REEL = "reel-7.json"
LOG = "se050.log"
ORDERS = "orders.csv"
_OUTSIDE = 1_000_000
"""Number of the forged chip: none of the reel's."""

_TRUST = """
[trust]
anchors = ["trust/root.pem", "trust/nxp-roots.pem"]
manifest_signers = ["trust/manifest-signer.pem"]
intermediates = ["trust/nxp-intermediates.pem", "trust/nxp-revoked-intermediate.pem"]
"""


def write_material(folder: Path) -> None:
    """Write `REEL`, `LOG`, `ORDERS` and ``trust/`` into ``folder``."""
    microchip, nxp = MicrochipVendor("demo"), NxpVendor("demo")
    entries = list(make_entries(microchip, GENUINE_IN_REEL))
    entries.insert(FORGED_AT - 1, changed_payload(microchip, _OUTSIDE).entries[-1])
    entries.insert(DUPLICATE_AT - 1, make_entry(microchip, microchip.device(5)))
    with (folder / REEL).open("wb") as stream:
        write_manifest(stream, entries)
    chips = [nxp.chip(number) for number in range(GENUINE_IN_LOG)]
    chips.insert(1, revoked_issuer(nxp, GENUINE_IN_LOG).chip)
    (folder / LOG).write_bytes(serial_log(chips))
    write_orders(folder / ORDERS, [chip.uid for chip in chips])
    write_microchip_trust(folder / "trust", microchip)
    write_nxp_trust(folder / "trust", nxp)


def write_orders(path: Path, uids: Sequence[str]) -> None:
    """Write what was bought: a reel by its quantity, and SE050 by their serial numbers."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["order", "part_number", "quantity", "serial", "date"])
        rows.writerow(["PO-2041", "ATECC608*", ORDERED_IN_REEL, "", "2026-09-14"])
        rows.writerows(["PO-2042", "SE050*", 1, uid, "2026-10-02"] for uid in uids)


def write_device(folder: Path) -> str:
    """Write ``device/ID.pem`` and ``.key`` of a chip of the reel; gives its id."""
    vendor = MicrochipVendor("demo")
    device, key = vendor.device(SWITCHED_ON), vendor.device_key(SWITCHED_ON).private
    (folder / "device").mkdir()
    name = read_certificate(device.certificate).subject.common_name or ""
    (folder / "device" / f"{name}.pem").write_text(to_pem(device.certificate), "ascii")
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "device" / f"{name}.key").write_bytes(secret)
    return name


def write_configuration(folder: Path, clouds: RunningClouds) -> None:
    """Write ``tng.toml``: the three targets, and the test vendor's keys as trusted."""
    files = clouds.files
    targets = files.configuration.read_text("utf-8").partition("\n")[2]
    for ca_file in files.directory.glob("*.pem"):
        shutil.copy(ca_file, folder)
    (folder / "tng.toml").write_text(_TRUST.lstrip() + targets, "utf-8")
