"""A factory line: boards whose key was made in their ATECC608, without a certificate of their own.

M5Stack Core2 for AWS is such a board. It prints a certificate request at its serial port; AWS
fleet provisioning makes the certificate and the thing, by a claim certificate that the line
shares; the board stores what it is sent. The second board resets in the middle of it all.
"""

import sys

from board import asks_for_certificate, boards
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from story import LocalCloud, Story, play

from tng.testing.requests import board_key, board_serial

PORT = "ttyUSB0"
NUMBERS = (1, 2)
READY = "waiting for devices"


def tell(story: Story) -> None:
    """From the serial port to a message in the cloud."""
    story.scene("What the claim may do", "It lies in every station, so it may do next to nothing.")
    story.tng("examples claim-policy -o policies --template tng-fleet")
    story.tng("lint-policy policies/claim-policy.json --fail-on notice")

    story.scene("The line", f"{len(NUMBERS)} boards come to {PORT}, one after the other.")
    serials = [board_serial(number) for number in NUMBERS]
    output = _serve(story)
    story.check("boards that passed", output.count("  PASS  "), len(NUMBERS))
    files = sorted(path.stem for path in (story.folder / "certificates").glob("*.pem"))
    story.check("certificates", files, serials)

    story.scene("Switched on at the customer's", "Each board connects with its own key.")
    (story.folder / "devices").mkdir()
    for number, serial in zip(NUMBERS, serials, strict=True):
        _connect(story, number, serial)


def _serve(story: Story) -> str:
    endpoint = story.aws.endpoints["sandbox-eu"]
    scripts = [asks_for_certificate(number, resets=number > 1) for number in NUMBERS]
    with boards(story.folder / PORT, scripts) as plug_in:
        station = story.begin(
            f"station --port {PORT} --count {len(NUMBERS)} --endpoint {endpoint} "
            f"--address {story.aws.device_address} --ca-file sandbox-ca.pem --template tng-fleet "
            "--claim-certificate sandbox-eu-claim.pem --claim-key sandbox-eu-claim.key "
            "--parameter SerialNumber={device_id}",
            ready=READY,
        )
        plug_in()
        return story.end_of(station)


def _connect(story: Story, number: int, serial: str) -> None:
    """As the board would; its key comes from the test vendor."""
    secret = board_key(number).private.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    (story.folder / "devices" / f"{serial}.key").write_bytes(secret)
    found = story.columns(
        f"connect --target sandbox-eu --address {story.aws.device_address} "
        f"--topic devices/{serial}/hello --ca-file sandbox-ca.pem "
        f"--certificate certificates/{serial}.pem --key devices/{serial}.key"
    )
    story.check("the device is", found["status"], "connected")
    story.check("it was heard by", story.published("sandbox-eu")[-1].client_id, serial)


if __name__ == "__main__":
    sys.exit(play("Serial port → fleet provisioning → MQTT", tell, (LocalCloud.AWS,)))
