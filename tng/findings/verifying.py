"""Checks made while a device is verified."""

from tng.findings.model import Check, Effect, Severity

_JWS = "RFC 7515"
_PKIX = "RFC 5280"
_MANIFEST = "Microchip Trust Platform Manifest File Format"
_SE05X = "NXP AN12436 rev 2.4"


def _forged(code: str, title: str, meaning: str, source: str) -> Check:
    remedy = (
        "Do not use the device. Compare the input with the vendor's original; "
        "if they are the same, ask the vendor."
    )
    return Check(code, Severity.ERROR, Effect.REJECTED, title, meaning, remedy, source)


def _missing(code: str, title: str, meaning: str, remedy: str, source: str) -> Check:
    return Check(code, Severity.ERROR, Effect.UNVERIFIED, title, meaning, remedy, source)


def _remark(
    code: str, severity: Severity, title: str, meaning: str, remedy: str, source: str
) -> Check:
    return Check(code, severity, Effect.NONE, title, meaning, remedy, source)


_SIGNED_ENTRY = (
    _missing(
        "manifest-signer-unknown",
        "The manifest signer is not pinned",
        "No known signer has both the key id and the certificate thumbprint that the entry names. "
        "Other signers are never tried in its place.",
        "If the signer's certificate comes from the vendor, pass it with --manifest-signer FILE.",
        f"{_JWS} §4.1.4, §4.1.8",
    ),
    _forged(
        "manifest-algorithm-mismatch",
        "The entry names another algorithm than its signer's key has",
        "The algorithm follows from the pinned key. An entry that names another one (none, HS256) "
        "tries to have it checked with less.",
        f"{_JWS} §4.1.1, RFC 8725 §3.1",
    ),
    _forged(
        "manifest-critical-header",
        "The entry demands a header extension that is not understood",
        "Members named in crit must be understood; none is defined for manifests.",
        f"{_JWS} §4.1.11",
    ),
    _forged(
        "manifest-signature-invalid",
        "The entry was changed or forged: its signature is wrong",
        "The signature over protected header and payload was not made with the signer's key.",
        f"{_JWS} §5.2",
    ),
    _remark(
        "manifest-signer-expired",
        Severity.NOTICE,
        "The manifest signer's certificate has expired",
        "Signers 001 to 004 have expired; what they signed in their time remains genuine.",
        "Nothing to do.",
        _MANIFEST,
    ),
    _remark(
        "manifest-time-outside-signer",
        Severity.WARNING,
        "The provisioning time lies outside the signer's validity",
        "Real early manifests and Microchip's own example look like this, and no document says "
        "which date counts. --strict rejects such entries.",
        "Ask the vendor when in doubt; use --strict where policy demands it.",
        _MANIFEST,
    ),
    Check(
        "manifest-time-refused",
        Severity.ERROR,
        Effect.REJECTED,
        "The provisioning time lies outside the signer's validity (strict)",
        "The same as manifest-time-outside-signer, made an error by --strict.",
        "Leave out --strict, or ask the vendor.",
        _MANIFEST,
    ),
    _forged(
        "manifest-header-id-mismatch",
        "The unsigned id differs from the signed one",
        "header.uniqueId is not signed; a script that trusts it would take this chip for another.",
        _MANIFEST,
    ),
    _forged(
        "certificate-id-mismatch",
        "The certificate names another chip than the signed id",
        "The serial number in the certificate's common name is not the entry's unique id.",
        _MANIFEST,
    ),
    _remark(
        "certificate-names-no-id",
        Severity.NOTICE,
        "The certificate's common name holds no chip id to compare",
        "Custom TrustFLEX certificates may be named freely; the signed entry and the key still "
        "tie them to the chip.",
        "Nothing to do.",
        _MANIFEST,
    ),
    _forged(
        "key-certificate-mismatch",
        "The slot's key is not the certificate's key",
        "The JWK in the signed entry and the certificate of the same slot hold different keys.",
        "RFC 7517 §4.7",
    ),
    _remark(
        "key-not-compared",
        Severity.NOTICE,
        "The slot's key is of a kind that was not compared",
        "The key in the entry is not an elliptic-curve or RSA key that can be put beside the "
        "certificate's.",
        "Nothing to do.",
        "RFC 7518 §6",
    ),
    _remark(
        "certificate-absent",
        Severity.NOTICE,
        "A genuine entry without a certificate (Lite)",
        "The vendor attests the chip's serial number; there is no certificate to register.",
        "Use a full manifest, or provision the device by certificate request.",
        f"{_MANIFEST}, Lite profile",
    ),
)

_CHAIN = (
    _missing(
        "issuer-unknown",
        "The issuer of the certificate is not at hand",
        "Neither the input nor the trust store has a certificate or key of the issuer: the device "
        "is neither proven nor disproven.",
        "Fetch the issuer named in the message from the vendor and pass it with --intermediate "
        "FILE; pass your own root with --trust-anchor FILE.",
        f"{_PKIX} §6.1",
    ),
    _forged(
        "issuer-look-alike",
        "The issuer is called like a pinned anchor but has another key",
        "Roots with the same subject exist; anchors are recognised by key alone. If this is your "
        "own root, made with the vendor's design tools, pass it with --trust-anchor.",
        f"{_PKIX} §6.1",
    ),
    _forged(
        "certificate-signature-invalid",
        "The certificate's signature does not verify",
        "No key of the issuer that the certificate names made its signature.",
        f"{_PKIX} §6.1.3 (a)(1)",
    ),
    _forged(
        "signature-algorithm-unsupported",
        "A certificate is signed in a way that is not accepted",
        "Accepted are ECDSA and RSA PKCS #1 v1.5 with SHA-256, SHA-384 or SHA-512.",
        "RFC 5758, RFC 4055",
    ),
    _forged(
        "key-too-weak",
        "A key is too short to be relied on",
        "RSA keys need 2048 bits, elliptic-curve keys 256.",
        "NIST SP 800-57 part 1",
    ),
    _forged(
        "issuer-not-ca",
        "An issuer is not a certificate authority",
        "The basic constraints of an issuer do not say CA:TRUE.",
        f"{_PKIX} §6.1.4 (k)",
    ),
    _forged(
        "issuer-key-usage",
        "An issuer's key must not sign certificates",
        "The issuer has a key usage without keyCertSign. (An absent key usage allows it.)",
        f"{_PKIX} §6.1.4 (n)",
    ),
    _forged(
        "path-length-exceeded",
        "The chain is longer than an issuer allows",
        "An issuer's path length constraint allows fewer intermediates below it.",
        f"{_PKIX} §6.1.4 (l)",
    ),
    _forged(
        "chain-too-long",
        "The chain has more issuers than any genuine one",
        "The walk from leaf to anchor stops after eight issuers.",
        "tng",
    ),
    _forged(
        "leaf-is-ca",
        "The device certificate is a certificate authority",
        "A device certificate with CA:TRUE could issue certificates for other devices.",
        f"{_PKIX} §4.2.1.9",
    ),
    _remark(
        "leaf-key-usage",
        Severity.WARNING,
        "The device certificate must not be used for signatures",
        "Its key usage lacks digitalSignature, which TLS client authentication needs.",
        "Check that this is the certificate that the device will present.",
        f"{_PKIX} §4.2.1.3, RFC 8446 §4.4.2.2",
    ),
    _forged(
        "critical-extension-unknown",
        "A certificate has a critical extension that is not understood",
        "Such a certificate must not be relied on.",
        f"{_PKIX} §4.2",
    ),
    _forged(
        "certificate-not-yet-valid",
        "A certificate is not valid yet",
        "The time of the check lies before the certificate's notBefore.",
        f"{_PKIX} §6.1.3 (a)(2)",
    ),
    _forged(
        "certificate-expired",
        "A certificate has expired",
        "The time of the check lies after the certificate's notAfter.",
        f"{_PKIX} §6.1.3 (a)(2)",
    ),
    _remark(
        "leaf-outlives-issuer",
        Severity.NOTICE,
        "The device certificate is valid for longer than its issuer",
        "Genuine certificates of both vendors are like this. Clouds that pin the leaf do not mind.",
        "Nothing to do; note the issuer's end if your own gateway checks whole chains.",
        f"{_PKIX} §6.1",
    ),
    Check(
        "issuer-revoked",
        Severity.ERROR,
        Effect.REJECTED,
        "The issuer was revoked by its vendor",
        "NXP withdrew the elliptic-curve cloud intermediates of SE050C1 and SE050C2: leaves "
        "F0000101 and F0000103 issued by them shall not be trusted.",
        "Use another certificate of the same chip: F0000111, F0000113, F0000121 or F0000123 (RSA), "
        "or F0000001/F0000003; or provision your own.",
        f"{_SE05X} §3.11.5.1",
    ),
    _forged(
        "demo-ca",
        "The issuer is one of NXP's demonstration CAs",
        "Their private keys are public: anybody can make such a certificate.",
        "NXP Plug & Trust middleware",
    ),
)

_SE05X_CHECKS = (
    _forged(
        "uid-serial-mismatch",
        "The UID in the dump is not the certificate's",
        "The certificate's serial number starts with the UID of the chip that it was made for.",
        _SE05X,
    ),
    Check(
        "nxp-attestation-object",
        Severity.WARNING,
        Effect.INELIGIBLE,
        "This is an attestation certificate",
        "It proves that the chip is genuine; it is not a device identity for a cloud.",
        "Register the chip's cloud certificate (F0000101, F0000111, F0000121) instead.",
        f"{_SE05X} tables 8-15",
    ),
    _remark(
        "nxp-connectivity-object",
        Severity.WARNING,
        "This certificate belongs to EdgeLock 2GO",
        "F0000001/F0000003 and F0000005/F0000007 are meant for NXP's own service.",
        "Prefer the chip's cloud certificate where it has one.",
        f"{_SE05X} tables 8-15",
    ),
)

_ACROSS_DEVICES = (
    Check(
        "duplicate-certificate",
        Severity.ERROR,
        Effect.REJECTED,
        "The same certificate was already seen",
        "The device appears twice, within one input or in two of them.",
        "Remove the overlap; the first one keeps its outcome.",
        "tng",
    ),
    Check(
        "duplicate-device-id",
        Severity.ERROR,
        Effect.REJECTED,
        "Another device with the same id was already seen",
        "Ids are unique to a chip: one of the two is not what it says.",
        "Ask the vendor which of the two certificates the chip carries.",
        "tng",
    ),
    Check(
        "duplicate-public-key",
        Severity.ERROR,
        Effect.REJECTED,
        "Another device with the same public key was already seen",
        "Keys are made inside each chip: two chips with one key means that one is a copy.",
        "Do not use either device before the vendor has explained it.",
        "tng",
    ),
)

VERIFYING: tuple[Check, ...] = _SIGNED_ENTRY + _CHAIN + _SE05X_CHECKS + _ACROSS_DEVICES
