"""Certificates and chip ids out of what scrolled by on a serial console.

Time stamps, colours, doubled carriage returns and another task's lines lie between the lines of the
certificates; one object could not be read, and one certificate was cut. What can be had is had, and
the rest is named.
"""

import json
import sys

from board import boards, prints
from story import Story, play

from tng.testing.sessions import (
    NOISY_STYLE,
    failed_serial_log,
    serial_log,
    truncated_serial_log,
)

LOG = "console.log"
CHIPS = 3
PORT = "ttyACM0"
IDLE_SECONDS = 30
"""Nothing for so long: no board is left. Not waited for, where all have come."""


def tell(story: Story) -> None:
    """From the log to files, and to a judgment."""
    chips = [story.nxp.chip(number) for number in range(CHIPS)]
    failed, cut = story.nxp.chip(CHIPS), story.nxp.chip(CHIPS + 1)
    parts = (
        serial_log(chips[:2], NOISY_STYLE),
        failed_serial_log(failed),
        serial_log(chips[2:]),
        truncated_serial_log(cut),
    )
    (story.folder / LOG).write_bytes(b"".join(parts))
    story.scene("A log", f"{LOG}: what {CHIPS + 2} SE050 printed. It begins like this:")
    beginning = (story.folder / LOG).read_text("utf-8").splitlines()[:12]
    story.say("\n".join(line for line in beginning if line))

    story.scene("Take the certificates out", "One file a chip; decoding believes everything.")
    story.tng(f"decode {LOG} -o certificates", expect=1, why="two could not be read")
    files = sorted(path.stem for path in (story.folder / "certificates").glob("*.pem"))
    story.check("certificate files", len(files), CHIPS)

    story.scene("Judge them", "Which are genuine, and which chips have to be read again?")
    found = story.facts(f"verify {LOG}", expect=1, why="two have to be read again")
    uids = [item["device_id"] for item in found["devices"] if item["status"] == "verified"]
    story.check("verified, by the chips' own ids", uids, [chip.uid for chip in chips])
    story.check("undecodable", found["summary"]["outcomes"]["undecodable"], 2)

    story.scene("Straight from the port", f"The same chips at {PORT}, judged as they print.")
    with boards(story.folder / PORT, [prints(b"".join(parts))]) as plug_in:
        command = f"station --port {PORT} --dumps --count {CHIPS + 2} --idle {IDLE_SECONDS}"
        station = story.begin(
            f"{command} --format jsonl --output dumps.jsonl", ready="reading from"
        )
        plug_in()
        story.end_of(station, expect=1, why="two have to be read again")
    lines = (story.folder / "dumps.jsonl").read_text("utf-8").splitlines()
    devices = [item for item in map(json.loads, lines) if item["message_type"] == "device"]
    uids = [item["device_id"] for item in devices if item["status"] == "verified"]
    story.check("verified, by the chips' own ids", uids, [chip.uid for chip in chips])


if __name__ == "__main__":
    sys.exit(play("Certificates and UID out of a serial log", tell, ()))
