"""SE050 dumps, registered in two AWS accounts, and the server name that decides which it is.

One certificate may be registered in several accounts of AWS IoT without its CA. The device says by
the SNI of TLS which account it means; a name that is nobody's, or that of an account that does not
know the certificate, is refused.
"""

import sys

from story import LocalCloud, Story, play

from tng.testing.sessions import csv_table, serial_log

DUMP, TABLE = "se050.log", "se050.csv"
ACCOUNTS = ("sandbox-eu", "sandbox-us")
NOBODY = "000000000000-ats.iot.eu-central-1.amazonaws.com"
REFUSED, UNREACHED = 5, 3
"""Exit codes of `tng connect`."""


def tell(story: Story) -> None:
    """From the dumps to messages in both accounts."""
    both, one = story.nxp.chip(0), story.nxp.chip(1)
    (story.folder / DUMP).write_bytes(serial_log([both]))
    (story.folder / TABLE).write_bytes(csv_table([one]))
    story.scene("Two dumps", f"{DUMP}: a serial console. {TABLE}: a table.")
    found = story.facts(f"verify {DUMP} {TABLE}")
    story.check("genuine chips", found["summary"]["outcomes"]["verified"], 2)

    story.scene(
        "Register", "The first chip in both accounts, the second in the European one alone."
    )
    targets = " ".join(f"--target {name}" for name in ACCOUNTS)
    story.tng(f"register {DUMP} {targets} --yes")
    story.tng(f"register {TABLE} --target {ACCOUNTS[0]} --yes")

    story.scene("The right name in each account", "The same certificate, the same address.")
    files = story.write_device(both.uid, both.certificate, story.nxp.chip_key(0))
    for target in ACCOUNTS:
        before = len(story.published(target))
        found = _connect(story, both.uid, files, story.aws.endpoints[target])
        story.check("the device is", found["status"], "connected")
        story.check(f"messages that {target} got", len(story.published(target)) - before, 1)

    story.scene("The wrong name", "An account that does not know the chip, and nobody's.")
    files = story.write_device(one.uid, one.certificate, story.nxp.chip_key(1))
    found = _connect(story, one.uid, files, story.aws.endpoints[ACCOUNTS[0]])
    story.check("the second chip in its account is", found["status"], "connected")
    elsewhere = story.aws.endpoints[ACCOUNTS[1]]
    for name, code, reason in (
        (elsewhere, REFUSED, "certificate-refused"),
        (NOBODY, UNREACHED, "wrong-endpoint"),
    ):
        found = _connect(story, one.uid, files, name, expect=code, why=reason)
        story.check(f"with {name} it is", found["reason"], reason)


def _connect(
    story: Story, thing: str, files: str, name: str, *, expect: int = 0, why: str = ""
) -> dict[str, str]:
    return story.columns(
        f"connect --cloud aws --endpoint {name} --address {story.aws.device_address} "
        f"--client-id {thing} --topic devices/{thing}/hello --ca-file sandbox-ca.pem {files}",
        expect=expect,
        why=why,
    )


if __name__ == "__main__":
    sys.exit(play("SE050 dumps → two AWS accounts → MQTT by SNI", tell, (LocalCloud.AWS,)))
