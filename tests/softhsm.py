"""A real PKCS#11 token in software, with keys made in it; tests are skipped where there is none."""

import atexit
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

PIN = "4711-secret"
LABEL = "Audit seals"
_MODULES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
)


@dataclass(frozen=True)
class Token:
    """``module`` and ``configuration`` are files; ``uri`` makes one for a key."""

    module: str
    configuration: str

    def uri(self, **attributes: str) -> str:
        path = ";".join(f"{name}={value}" for name, value in attributes.items())
        return f"pkcs11:{path}?module-path={self.module}"


def token() -> Token:
    """The token of this process; the test that asks is skipped without SoftHSM2."""
    module = next((name for name in _MODULES if Path(name).exists()), None)
    if module is None or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM2 is not installed (apt-get install softhsm2)")
    pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed")
    return _made(module)


@cache
def _made(module: str) -> Token:
    # The module reads its configuration once for each process, so the variable stays.
    folder = Path(tempfile.mkdtemp(prefix="tng-softhsm-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    for label in (LABEL, "Twins", "Twins"):
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN,
             "--so-pin", "87654321"],
            check=True, capture_output=True,
        )  # fmt: skip
    _make_keys(module)
    return Token(module, str(configuration))


def _make_keys(module: str) -> None:
    import pkcs11
    from pkcs11 import Attribute, KeyType, MechanismFlag
    from pkcs11.util.ec import encode_named_curve_parameters

    held = pkcs11.lib(module).get_token(token_label=LABEL)
    with held.open(user_pin=PIN, rw=True) as session:
        for number, (name, curve) in enumerate(
            (("p256", "secp256r1"), ("p384", "secp384r1"), ("p521", "secp521r1"),
             ("private alone", "secp256r1"), ("twin", "secp256r1"), ("twin", "secp256r1"))
        ):  # fmt: skip
            parameters = session.create_domain_parameters(
                KeyType.EC,
                {Attribute.EC_PARAMS: encode_named_curve_parameters(curve)},
                local=True,
            )
            made = parameters.generate_keypair(store=True, label=name, id=bytes([1, number]))
            if name == "private alone":
                made[0].destroy()
        session.generate_keypair(KeyType.RSA, 2048, store=True, label="rsa", id=b"\x02")
        public, _ = session.generate_keypair(
            KeyType.RSA, 2048, store=True, label="rsa private alone", id=b"\x03"
        )
        public.destroy()
        session.generate_keypair(
            KeyType.RSA, 2048, store=True, label="decrypts", id=b"\x04",
            capabilities=MechanismFlag.DECRYPT | MechanismFlag.ENCRYPT,
        )  # fmt: skip
