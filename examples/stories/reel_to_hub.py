"""A Trust&GO manifest, an Azure DPS, and devices that come one after the other.

The manifest is verified and enrolled; until a device is switched on, its enrollment is
unassigned. ``tng connect`` does what the device would do.
"""

import sys

from story import LocalCloud, Story, play

from tng.testing.manifest import make_entries, write_manifest
from tng.x509.certificate import read_certificate

CHIPS = 2
REEL = "reel.json"


def tell(story: Story) -> None:
    """From the manifest to the hub."""
    with (story.folder / REEL).open("wb") as stream:
        write_manifest(stream, make_entries(story.microchip, CHIPS))
    story.scene("A manifest", f"{REEL}: {CHIPS} Trust&GO chips of a test vendor.")
    found = story.facts(f"verify {REEL}")
    story.check("genuine chips", found["summary"]["outcomes"]["verified"], CHIPS)

    story.scene("Enroll them", "An individual enrollment each; no device has been there yet.")
    story.tng(f"register {REEL} --target sandbox-dps --yes")
    why = "not all are assigned"
    story.check("states", _states(story, expect=4, why=why), ["unassigned"] * CHIPS)

    story.scene("The first device is switched on", "DPS says which hub is its own.")
    _connect(story, 0)
    story.check("states", _states(story, expect=4, why=why), ["assigned", "unassigned"])

    story.scene("And the second", "Nothing is left to wait for.")
    _connect(story, 1)
    story.check("states", _states(story), ["assigned"] * CHIPS)


def _states(story: Story, *, expect: int = 0, why: str = "") -> list[str]:
    found = story.facts("watch --target sandbox-dps --once", expect=expect, why=why)
    (target,) = found["targets"]
    return sorted(device["standing"] for device in target["devices"])


def _connect(story: Story, number: int) -> None:
    device = story.microchip.device(number)
    name = read_certificate(device.certificate).subject.common_name or ""
    files = story.write_device(name, device.certificate, story.microchip.device_key(number))
    found = story.columns(
        f"connect --cloud azure --id-scope {story.variable('SANDBOX_DPS_ID_SCOPE')} "
        f"--provisioning-host {story.variable('SANDBOX_DPS_DEVICE_ADDRESS')} "
        f"--hub-address {story.variable('SANDBOX_DPS_HUB_ADDRESS')} "
        f"--ca-file sandbox-ca.pem {files}"
    )
    story.check("the device is", found["status"], "connected")


if __name__ == "__main__":
    sys.exit(play("Trust&GO manifest → DPS → assigned", tell, (LocalCloud.AZURE,)))
