"""Microchip's own packages for manifests, from PyPI, each in a folder and a process of its own.

They pin libraries that `tng` cannot have (tpds-device-manifest wants cryptography 35), so they are
installed by ``pip install --target`` into the run's temporary folder and called there. Without
a network they are left out, and that is said.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.figures import Settings

_INSTALL_SECONDS = 180
_RUN_SECONDS = 600


@dataclass(frozen=True, slots=True)
class PeerPackage:
    """A package, and the program that has it verify ``sys.argv[1]``, signed by ``sys.argv[2]``.

    The program leaves the number of entries it took in ``taken``; it is timed from ``start``,
    after the imports.
    """

    name: str
    title: str
    requirement: str
    leaves_out: str
    program: str


_BEGIN = "import json, sys, time\n"
_END = "print(json.dumps({'seconds': time.perf_counter() - start, 'taken': taken}))\n"

PEER_PACKAGES = (
    PeerPackage(
        "tpds_device_manifest",
        "tpds-device-manifest 1.0.1",
        "tpds-device-manifest==1.0.1",
        "no chain, one signer for the whole file, one core, file in memory",
        "from cryptography import x509\n"
        "from tpds.device_manifest.manifest.manifest import Manifest\n"
        "start = time.perf_counter()\n"
        "entries = json.loads(open(sys.argv[1], 'rb').read())\n"
        "signer = x509.load_pem_x509_certificate(open(sys.argv[2], 'rb').read())\n"
        "taken = len(Manifest.decode_manifest(entries, signer))\n",
    ),
    PeerPackage(
        "pytrustplatform",
        "pytrustplatform 1.1.4.18",
        "pytrustplatform==1.1.4.18",
        "its command verifies nothing, so its library is called: no chain, one core, in memory",
        "from pytrustplatform.manifest.manifest import Manifest, ManifestSigner\n"
        "start = time.perf_counter()\n"
        "signer = ManifestSigner(open(sys.argv[2], 'rb').read())\n"
        "taken = 0\n"
        "for entry in Manifest(open(sys.argv[1]).read(), signer):\n"
        "    entry.verify()\n"
        "    entry.get_secure_element()\n"
        "    taken += 1\n",
    ),
)


def package_runs(
    settings: Settings, manifest: Path, signer: Path, entries: int
) -> dict[str, Callable[[], float]]:
    """For each package that could be installed, what has it verify the manifest: in seconds.

    What cannot be installed, or does not take every entry, is said and left out.
    """
    runs: dict[str, Callable[[], float]] = {}
    for package in PEER_PACKAGES:
        settings.say(f"installing {package.requirement} into a temporary folder …")
        folder = settings.folder / package.name
        trouble = _install(package, folder)
        if not trouble:
            run = partial(_run, package, folder, manifest, signer, entries)
            trouble = _tried(run)
            runs |= {} if trouble else {package.name: run}
        if trouble:
            settings.say(f"{package.title} is left out: {trouble}")
    return runs


def _tried(run: Callable[[], float]) -> str:
    """Run it once; what went wrong, or nothing."""
    try:
        run()
    except (subprocess.SubprocessError, ValueError, AssertionError) as error:
        return str(error)
    return ""


def _install(package: PeerPackage, folder: Path) -> str:
    """Install it; what went wrong, or nothing."""
    command = [*_PIP, "--target", str(folder), package.requirement]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"pip took more than {_INSTALL_SECONDS} s"
    return _last_line(done.stderr.splitlines()) if done.returncode else ""


_PIP = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")


def _run(package: PeerPackage, folder: Path, manifest: Path, signer: Path, entries: int) -> float:
    program = _BEGIN + package.program + _END
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, str(manifest), str(signer)],
        env={**os.environ, "PYTHONPATH": str(folder)},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_RUN_SECONDS,
        check=False,
    )
    if done.returncode:
        raise ValueError(_last_line(done.stderr.splitlines()))
    found = json.loads(_last_line(done.stdout.splitlines()))
    if found["taken"] != entries:
        raise AssertionError(f"{found['taken']} of {entries} entries")
    return float(found["seconds"])


def _last_line(lines: Iterable[str]) -> str:
    return next((line for line in reversed(list(lines)) if line.strip()), "it said nothing")
