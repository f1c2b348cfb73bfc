"""What an account holds for fleet provisioning: a template, a claim policy, a claim certificate.

The claim's key lies in a file beside ``tng.toml``: material of a sandbox, worth nothing
elsewhere, and made anew at every start. The claim is registered when it is first used: in an
account without fleet provisioning an audit must find no certificate that nobody delivered. An
emulator without provisioning templates (moto) gets the rest.
"""

import datetime
from dataclasses import dataclass, field
from importlib.resources import files

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tng.errors import ConfigurationError
from tng.policies.examples import Place, example
from tng.sandbox.accounts import SandboxAccount
from tng.sandbox.gateway.registry import Registry, RegistryError
from tng.sandbox.record import certificate_id

TEMPLATE_NAME = "tng-fleet"
CLAIM_POLICY_NAME = "tng-claim"

_ROLE = "tng-fleet-provisioning"
_LIFETIME = datetime.timedelta(days=7)
_SKEW = datetime.timedelta(hours=1)
_ALREADY_THERE = 409


@dataclass(frozen=True, slots=True)
class ClaimCertificate:
    """The claim certificate of an account, as PEM, and its key (PKCS #8)."""

    account: SandboxAccount
    certificate_pem: str
    key_pem: str = field(repr=False)

    @property
    def certificate_id(self) -> str:
        """AWS's id of the certificate: SHA-256 of the DER, lower hex."""
        return certificate_id(self.certificate_pem)

    @property
    def certificate_file(self) -> str:
        """The name of the certificate's file beside ``tng.toml``."""
        return f"{self.account.target}-claim.pem"

    @property
    def key_file(self) -> str:
        """The name of the key's file."""
        return f"{self.account.target}-claim.key"


def claim_policy() -> str:
    """A policy that allows fleet provisioning by CSR with `TEMPLATE_NAME` alone (JSON text)."""
    return example("claim-policy").render(Place(template=TEMPLATE_NAME))


def fleet_template() -> str:
    """A template that makes a thing named ``SerialNumber`` with the device policy (JSON text)."""
    return (files("tng.sandbox") / "fleet-template.json").read_text("utf-8")


def prepare_fleet(registry: Registry) -> ClaimCertificate:
    """Make template and claim policy in an account, and a claim that is not registered yet.

    Raises `ConfigurationError` if the emulator refuses.
    """
    try:
        _create(registry, f"/policies/{CLAIM_POLICY_NAME}", {"policyDocument": claim_policy()})
        if _has_templates(registry):
            _create(registry, "/provisioning-templates", _template(registry.account.account))
    except RegistryError as error:
        raise ConfigurationError(
            f"the emulator refuses what fleet provisioning needs: {error.message}",
            hint="Try the other emulator: --emulator moto or --emulator ministack",
        ) from error
    return _new_claim(registry.account)


def register_claim(registry: Registry, claim: ClaimCertificate) -> None:
    """Register a claim in its account, ACTIVE and with the claim policy. Raises `RegistryError`."""
    request = {"certificatePem": claim.certificate_pem, "status": "ACTIVE"}
    registry.ask("POST", "/certificate/register-no-ca", request)
    registry.attach_policy(CLAIM_POLICY_NAME, registry.arn(f"cert/{claim.certificate_id}"))


def _has_templates(registry: Registry) -> bool:
    try:
        registry.ask("GET", "/provisioning-templates", None)
    except RegistryError:
        return False
    return True


def _create(registry: Registry, path: str, request: dict[str, object]) -> None:
    try:
        registry.ask("POST", path, request)
    except RegistryError as error:
        if error.status != _ALREADY_THERE:
            raise


def _template(account: str) -> dict[str, object]:
    return {
        "templateName": TEMPLATE_NAME,
        "templateBody": fleet_template(),
        "provisioningRoleArn": f"arn:aws:iam::{account}:role/{_ROLE}",
        "enabled": True,
    }


def _new_claim(account: SandboxAccount) -> ClaimCertificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tng sandbox claim")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + _LIFETIME)
        .sign(key, hashes.SHA256())
    )
    return ClaimCertificate(
        account,
        certificate.public_bytes(Encoding.PEM).decode("ascii"),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode("ascii"),
    )
