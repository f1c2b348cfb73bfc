"""One certificate for all of a cluster, which is its own authority, and dask's settings for it."""

from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from distributed import Security

from tests.judging import TODAY

_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "cluster")])


def one_certificate(folder: Path) -> None:
    """Write ``ca.pem`` and ``key.pem``."""
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


def settings(folder: Path) -> dict[str, str]:
    """The environment of who has the files of `one_certificate`."""
    tls = "DASK_DISTRIBUTED__COMM__TLS__"
    given = {f"{tls}CA_FILE": str(folder / "ca.pem")}
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        given[f"{tls}{role}__CERT"] = str(folder / "ca.pem")
        given[f"{tls}{role}__KEY"] = str(folder / "key.pem")
    return {"DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "True", **given}


def security(folder: Path) -> Security:
    """The same for a client in this process."""
    certificate, key = str(folder / "ca.pem"), str(folder / "key.pem")
    return Security(tls_ca_file=certificate, tls_client_cert=certificate, tls_client_key=key)
