"""A cluster that demands certificates, with dask's own settings, and who comes without one."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from distributed import Security

from tests.cli.processes import environment, start
from tests.distributed.processes import scheduler, workers
from tests.judging import MANIFESTS, MICROCHIP_TRUST, TODAY

pytestmark = pytest.mark.slow
_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cluster")])
_ENCRYPTED = {"DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "True"}


def _settings(folder: Path) -> dict[str, str]:
    """One certificate for all; it is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateBuilder(
        _NAME, _NAME, key.public_key(), x509.random_serial_number(),
        TODAY - timedelta(days=1), TODAY + timedelta(days=3650),
    ).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)  # fmt: skip
    made = builder.sign(key, hashes.SHA256())
    (folder / "ca.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    tls = "DASK_DISTRIBUTED__COMM__TLS__"
    given = {f"{tls}CA_FILE": str(folder / "ca.pem")}
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        given[f"{tls}{role}__CERT"] = str(folder / "ca.pem")
        given[f"{tls}{role}__KEY"] = str(folder / "key.pem")
    return {**_ENCRYPTED, **given}


def _security(folder: Path) -> Security:
    certificate, key = str(folder / "ca.pem"), str(folder / "key.pem")
    return Security(tls_ca_file=certificate, tls_client_cert=certificate, tls_client_key=key)


def test_only_who_has_a_certificate_gets_in(tmp_path: Path):
    env = environment(**_settings(tmp_path))
    command = ("verify", str(MANIFESTS), *MICROCHIP_TRUST, "--format", "csv", "--dask")
    with scheduler(tmp_path, env=env) as running:
        assert running.address.startswith("tls://")
        with workers(running, 1, env, _security(tmp_path)):
            done = start(*command, running.address, env=env)
            assert done.returncode == 1, done.stderr
            assert done.stdout.count(b"\n") > 100
            without = start(*command, running.address)
            plain = start(*command, running.address.replace("tls:", "tcp:"))
            other = {**env, "DASK_DISTRIBUTED__COMM__TLS__CA_FILE": str(tmp_path / "none.pem")}
            unusable = start(*command, running.address, env=other)
    for refused, message in (
        (without, b"wants a certificate, and dask's configuration names none"),
        (plain, b"no scheduler answers at tcp:"),
        (unusable, b"the certificates for tls:"),
    ):
        assert (refused.returncode, refused.stdout) == (3, b"")
        assert message in refused.stderr
        assert b"Traceback" not in refused.stderr
