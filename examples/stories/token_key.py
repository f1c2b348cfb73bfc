"""A key that never leaves its token: request, certificate of AWS IoT, connection.

SoftHSM2 takes the place of the board's secure element (an ATECC608 behind cryptoauthlib's
PKCS#11, say): another module's name is all that changes.
"""

import sys

from story import LocalCloud, Story, need, play

from tng.pkcs11.module import module_file
from tng.pkcs11.uri import make_uri
from tng.x509.pem import read_certificate_file

SERIAL = "0123b0a4d0c5e1f701"
PIN_FILE = "pin.txt"
TOKEN = f"--pkcs11 softhsm2 --token board --key device --pin-file {PIN_FILE}"
REGISTER = "register device.csr --csr --target sandbox-eu --yes"
MADE = "CreateCertificateFromCsr"


def tell(story: Story) -> None:
    """From an empty token to a message."""
    need("softhsm2-util", "pkcs11-tool")
    _make_key(story)

    story.scene("Ask", "The request is signed in the token; its serial number is the subject.")
    story.tng(f"csr {TOKEN} --serial {SERIAL} -o device.csr")
    found = story.facts("csr device.csr")
    story.check("usable requests", found["summary"]["outcomes"]["usable"], 1)

    story.scene("Register", "AWS makes the certificate of the request.")
    story.tng(REGISTER)
    (path,) = (story.folder / "certificates").glob("*.pem")
    (certificate,) = read_certificate_file(path.read_bytes())
    story.check("certificates made", story.aws.front.log.counts()[MADE], 1)

    story.scene("Again", "AWS would make another one of the same request; tng does not ask twice.")
    story.tng(REGISTER)
    story.check("certificates made", story.aws.front.log.counts()[MADE], 1)

    story.scene("Connect", "TLS and MQTT, with the key where it was made.")
    port = story.aws.device_address.rpartition(":")[2]
    found = story.columns(
        f"connect --cloud aws --endpoint localhost --port {port} --client-id {SERIAL} "
        f"--topic devices/{SERIAL}/hello --ca-file sandbox-ca.pem "
        f"--certificate certificates/{path.name} {TOKEN}"
    )
    story.check("the device is", found["status"], "connected")
    story.check("with the certificate", found["certificate sha256"], certificate.sha256)
    story.check("it was heard by", story.published("sandbox-eu")[-1].client_id, SERIAL)


def _make_key(story: Story) -> None:
    story.scene("A token with a key", "As it comes from the factory: a key, and no certificate.")
    (story.folder / "tokens").mkdir()
    (story.folder / "softhsm2.conf").write_text(
        f"directories.tokendir = {story.folder / 'tokens'}\nlog.level = ERROR\n", "utf-8"
    )
    (story.folder / PIN_FILE).write_text("4711-story\n", "utf-8")
    (story.folder / PIN_FILE).chmod(0o600)
    story.set_variable("SOFTHSM2_CONF", str(story.folder / "softhsm2.conf"))
    story.run_program(
        "softhsm2-util", "--init-token", "--free", "--label", "board",
        "--pin", "4711-story", "--so-pin", "87654321",
    )  # fmt: skip
    module = module_file(make_uri("softhsm2", "board", "device"))
    story.run_program(
        "pkcs11-tool", "--module", str(module), "--token-label", "board",
        "--login", "--pin", "4711-story",
        "--keypairgen", "--key-type", "EC:prime256v1", "--label", "device", "--id", "01",
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(play("PKCS#11 request → certificate → MQTT with the token's key", tell,
                  (LocalCloud.AWS,)))  # fmt: skip
