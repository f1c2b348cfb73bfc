"""Checks of certificate requests (CSRs)."""

from tng.findings.model import Check, Effect, Severity

_PKCS10 = "RFC 2986"
_AWS = "AWS IoT Core API, CreateCertificateFromCsr"

REQUESTING: tuple[Check, ...] = (
    Check(
        "csr-unreadable",
        Severity.ERROR,
        Effect.UNDECODABLE,
        "No certificate request can be read there",
        "What stands in the place of a request is cut off, damaged, or something else.",
        "Have the device make its request again; openssl req -in FILE -text shows one. Manifests, "
        "dumps and certificates are no requests: tng register takes them without --csr.",
        _PKCS10,
    ),
    Check(
        "csr-signature-invalid",
        Severity.ERROR,
        Effect.REJECTED,
        "The request's own signature is wrong",
        "Whoever made the request does not have the private key of the public key in it, or the "
        "request was changed afterwards. No certificate is asked for.",
        "Have the device make its request again. If it comes again, look who makes it.",
        f"{_PKCS10} section 4.2",
    ),
    Check(
        "csr-key-unsupported",
        Severity.ERROR,
        Effect.REJECTED,
        "The request's key is of a kind that is not taken",
        "AWS takes RSA of 2048 bits or more and the curves P-256, P-384 and P-521.",
        "Make the key with one of these.",
        _AWS,
    ),
    Check(
        "csr-key-duplicate",
        Severity.ERROR,
        Effect.REJECTED,
        "Two requests have the same key",
        "A key belongs to one device. Two requests of one key are one device asked twice, or a key "
        "that was copied.",
        "Give each device a key of its own; name each request once.",
        "tng",
    ),
    Check(
        "csr-signature-unsupported",
        Severity.ERROR,
        Effect.REJECTED,
        "The request is signed in a way that is not taken",
        "Its proof of possession is made with SHA-1, MD5 or an algorithm that does not go with its "
        "key, and proves nothing. No certificate is asked for.",
        "Sign the request with SHA-256, SHA-384 or SHA-512: ECDSA, or RSA (PKCS#1 v1.5 or PSS).",
        "RFC 5758 section 3.2, RFC 8017, NIST SP 800-131A",
    ),
    Check(
        "csr-subject-unusual",
        Severity.NOTICE,
        Effect.NONE,
        "The request's subject names no single device",
        "There is no common name in it, or there are several; the device goes by its key's digest.",
        "Make the request with a subject that has the chip's serial number as its CN.",
        _PKCS10,
    ),
    Check(
        "csr-serial-contradicted",
        Severity.ERROR,
        Effect.REJECTED,
        "The device tells another chip's serial number than its request",
        "The common name of a request is signed with the device's key; what the device says beside "
        "it (TNG-SERIAL) is not. Two chips are named, and one of them is wrong.",
        "Look which chip it is. Have the device tell the serial number that it puts into its "
        "request, or none.",
        "tng, docs/station.md",
    ),
    Check(
        "csr-serial-unusable",
        Severity.ERROR,
        Effect.REJECTED,
        "The device tells a serial number that cannot be taken",
        "What stands behind TNG-SERIAL becomes the device's id, and so the name of its thing. It "
        "was damaged on the line, or has characters that such names do not take.",
        "Have the device tell up to 64 letters, digits, hyphens, underscores and colons, or put "
        "its name into the request's common name.",
        "tng, docs/station.md",
    ),
    Check(
        "csr-serial-left-out",
        Severity.NOTICE,
        Effect.NONE,
        "The device's signed serial number stands before the one that it tells",
        "The request's common name has the chip's serial number, signed with the device's key. A "
        "name that the device says beside it (TNG-SERIAL) is not signed, and is not used.",
        "Nothing to do; or put the other name into the request's common name.",
        "tng, docs/station.md",
    ),
)
"""In the order in which ``tng checks`` lists them."""
