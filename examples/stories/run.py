"""Runs all stories (``make stories``): installs what they need where it can, a line for each.

A story that fails shows everything that it printed. Each can be run and read by itself:
``.venv/bin/python examples/stories/two_accounts.py``.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

STORIES = {
    "factory_line.py": "factory provisioning by CSR: serial port, fleet provisioning, connection",
    "two_accounts.py": "SE050 dumps, two AWS accounts, and the SNI that tells them apart",
    "token_key.py": "PKCS#11 request, CreateCertificateFromCsr, MQTT with the token's key",
    "serial_log.py": "certificates and chip ids out of a serial log",
    "reel_to_hub.py": "Trust&GO manifest, DPS enrollment, unassigned, assigned",
}
PACKAGES = {"softhsm2-util": "softhsm2", "pkcs11-tool": "opensc"}
"""Programs → the packages of Debian that have them."""
LAST_WORDS_SECONDS = 30
STORY_SECONDS = 300


def main() -> int:
    """Install, run all, and sum up: 0 only if all five went well."""
    if not install():
        return 1
    failed = [name for name, about in STORIES.items() if not tell(name, about)]
    if failed:
        print(f"{len(failed)} of {len(STORIES)} stories failed: {', '.join(failed)}")
        return 1
    print(f"all {len(STORIES)} stories went well")
    return 0


def install() -> bool:
    """See to it that the programs are there; says what is missing where it cannot."""
    missing = [package for program, package in PACKAGES.items() if shutil.which(program) is None]
    if not missing:
        return True
    words = f"apt-get install -y --no-install-recommends {' '.join(missing)}"
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        print(f"missing: {', '.join(missing)}. As root, on Debian or Ubuntu: {words}")
        return False
    print(f"installing {', '.join(missing)} …", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in ([apt, "update", "-qq"], [apt, *words.split()[1:]]):
        done = subprocess.run(  # noqa: S603 - the packages are those above
            command, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            print(f"{done.stdout}{done.stderr}that failed; run by hand: {words}")
            return False
    return True


def tell(name: str, about: str) -> bool:
    """Run one story; whether it went well."""
    began = time.monotonic()
    path = Path(__file__).with_name(name)
    with subprocess.Popen(  # noqa: S603 - a file beside this one
        [sys.executable, path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    ) as process:  # fmt: skip
        try:
            output, _ = process.communicate(timeout=STORY_SECONDS)
        except (KeyboardInterrupt, subprocess.TimeoutExpired) as end:
            output = _ended(process)
            if isinstance(end, KeyboardInterrupt):
                raise
    went_well = process.returncode == 0
    mark = "✓" if went_well else "✗"
    print(f"{mark} {about} ({name}, {time.monotonic() - began:.0f} s)", flush=True)
    if not went_well:
        print(output)
    return went_well


def _ended(process: "subprocess.Popen[str]") -> str:
    """End a story in good order, so that its clouds stop; what it had printed."""
    process.terminate()
    try:
        return process.communicate(timeout=LAST_WORDS_SECONDS)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()[0]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
