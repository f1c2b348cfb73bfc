"""Checks made while bytes are read: tolerances that were used, and what cannot be read.

A tolerance accepts what genuine artefacts contain although a standard forbids
it. Each one used is a notice, so that an auditor sees where reading was lenient.
"""

from tng.findings.model import Check, Effect, Severity

_JWS = "RFC 7515"
_DER = "ITU-T X.690"
_PKIX = "RFC 5280"
_MANIFEST = "Microchip Trust Platform Manifest File Format"
_SE05X = "NXP AN12436 rev 2.4"


def _tolerance(code: str, title: str, meaning: str, source: str) -> Check:
    remedy = "Nothing to do: genuine devices are known to look like this."
    return Check(code, Severity.NOTICE, Effect.NONE, title, meaning, remedy, source)


def _unreadable(code: str, title: str, meaning: str, remedy: str, source: str) -> Check:
    return Check(code, Severity.ERROR, Effect.UNDECODABLE, title, meaning, remedy, source)


READING: tuple[Check, ...] = (
    _tolerance(
        "certificate-zero-padded",
        "Zero bytes after the certificate were cut",
        "Secure elements store certificates in objects of a fixed size and fill the rest with "
        "zeros. The certificate ends where its outer SEQUENCE ends; only zeros may follow.",
        f"{_SE05X} table 16",
    ),
    _tolerance(
        "printable-string-illegal-character",
        "A PrintableString holds a character that the type does not allow",
        "Current Microchip certificates write an underscore (eui48_…) into a PrintableString. "
        "The character is kept as it is.",
        f"{_DER} §8.23, ITU-T X.680 §41.4",
    ),
    _tolerance(
        "generalized-time-before-2050",
        "A date before 2050 is written as GeneralizedTime",
        "RFC 5280 wants UTCTime there; Microchip certificates write GeneralizedTime for every "
        "end date. The instant is unambiguous either way.",
        f"{_PKIX} §4.1.2.5",
    ),
    _tolerance(
        "ecdsa-null-parameters",
        "An ECDSA signature algorithm carries NULL parameters",
        "RFC 5758 wants the parameters absent; NXP's elliptic-curve roots and first-level "
        "intermediates have NULL there. The algorithm is the same.",
        "RFC 5758 §3.2",
    ),
    _tolerance(
        "pem-irregular",
        "A PEM block was not laid out as RFC 7468 says",
        "Line ends, line lengths or foreign lines inside the block were put right: serial consoles "
        "and vendor tools write CR CR LF, one single long line, time stamps and log lines.",
        "RFC 7468 §2",
    ),
    _tolerance(
        "base64url-padded",
        "A base64url field carries padding",
        "JOSE forbids the padding; early Microchip manifests have it in key coordinates.",
        f"{_JWS} §2",
    ),
    _tolerance(
        "jwk-short-coordinate",
        "A key coordinate lacks its leading zero bytes",
        "Coordinates have the full size of the field; some writers drop leading zeros. "
        "The number is the same and was padded before comparing.",
        "RFC 7518 §6.2.1.2",
    ),
    _tolerance(
        "unique-id-upper-case",
        "The signed unique id is written in upper case",
        "Microchip writes lower case; the id was lowered before comparing.",
        _MANIFEST,
    ),
    _tolerance(
        "manifest-header-missing",
        "The entry has no unsigned header",
        "The header only repeats the signed id for text search; nothing depends on it.",
        _MANIFEST,
    ),
    _tolerance(
        "manifest-version-unknown",
        "The manifest version is not one that is documented",
        "The version number is not relied on: what an entry is follows from its members.",
        _MANIFEST,
    ),
    _tolerance(
        "manifest-member-unknown",
        "The signed payload has members that are not documented",
        "They were kept out of every decision.",
        _MANIFEST,
    ),
    _tolerance(
        "manifest-secrets-not-decoded",
        "The entry carries an encrypted secret key set",
        "encryptedSecretKeySet is documented for version 1 and was never decoded by this tool.",
        _MANIFEST,
    ),
    _tolerance(
        "manifest-timestamp-unusable",
        "The provisioning timestamp is absent or not a time",
        "Self-made manifests have an empty or textual timestamp; the signer's validity cannot be "
        "compared with it.",
        f"{_MANIFEST}; RFC 3339",
    ),
    _tolerance(
        "manifest-not-an-array",
        "The manifest is a bare entry or JSON lines instead of an array",
        "The entries are the same; only the brackets around them are missing.",
        _MANIFEST,
    ),
    _tolerance(
        "byte-order-mark",
        "The text begins with a byte order mark",
        "It was skipped.",
        "RFC 8259 §8.1",
    ),
    Check(
        "input-cut-short",
        Severity.ERROR,
        Effect.UNDECODABLE,
        "The input ends in the middle of an entry",
        "The last entry is incomplete: the file was cut while it was copied or downloaded.",
        "Fetch the file again and compare its size with the original.",
        "RFC 8259",
    ),
    _unreadable(
        "entry-malformed",
        "The entry is not a signed secure element",
        "The entry is not JSON, or lacks payload, protected or signature, or one of them is not "
        "what its format says.",
        "Compare the entry with the vendor's original file; ask for a new one if it is the same.",
        f"{_JWS} §7.2.2",
    ),
    _unreadable(
        "entry-too-large",
        "The entry is larger than any genuine one",
        "An entry of a manifest has about 4 kB; this one passes the limit of what is read.",
        "Check that the file is a manifest. The entries after it were still read.",
        _MANIFEST,
    ),
    _unreadable(
        "certificate-malformed",
        "The certificate cannot be read",
        "The bytes are not a DER certificate, beyond what is tolerated of genuine ones.",
        "Read the certificate from the chip again, or ask the vendor for it.",
        f"{_PKIX} §4.1, {_DER}",
    ),
    _unreadable(
        "pem-malformed",
        "The PEM block cannot be decoded",
        "Something other than base64 stands in the block and could not be told apart from it.",
        "Read the certificate again with a quiet console.",
        "RFC 7468",
    ),
    _unreadable(
        "dump-truncated",
        "The dump ends before the certificate does",
        "The certificate says how long it is, and fewer bytes are there: a listing was shortened "
        "by hand or a console lost lines.",
        "Dump the object again and keep all of it.",
        "RFC 7468, " + _DER,
    ),
    _unreadable(
        "object-read-failed",
        "Reading the object from the chip failed",
        "The tool that made the dump reports a failure, or printed an empty certificate.",
        "Check that the object exists on this variant, then read it again.",
        _SE05X,
    ),
    Check(
        "uid-without-certificate",
        Severity.WARNING,
        Effect.UNDECODABLE,
        "A UID was read for which no certificate follows",
        "The log names a chip, but no certificate of it.",
        "Read the chip's certificate, for example object F0000101 or F0000111.",
        _SE05X,
    ),
    _unreadable(
        "input-unrecognised",
        "The input is none of the kinds that can be read",
        "Neither a manifest nor a dump nor a certificate was found in its content.",
        "See `tng decode --help` for the kinds that are read. Certificate requests are read by "
        "`tng csr`, and registered with `tng register --csr`.",
        "tng",
    ),
    _unreadable(
        "input-unreadable",
        "The input cannot be opened or expanded",
        "The file cannot be read, or its compression is damaged.",
        "Check the path, its permissions and the archive.",
        "tng",
    ),
    _unreadable(
        "input-too-large",
        "The input expands beyond the limits",
        "A compressed input grows by more than a genuine one would, or has too many members.",
        "If the file is genuine, expand it yourself and pass the result.",
        "tng",
    ),
    _unreadable(
        "input-empty",
        "The input is empty",
        "There is nothing in the file.",
        "Check that the download or the dump was completed.",
        "tng",
    ),
    Check(
        "name-repeated",
        Severity.NOTICE,
        Effect.NONE,
        "The device's file was there already, with the same content",
        "The device appears twice, or the same command was run before.",
        "Nothing to do; `tng verify` tells whether the device is a duplicate.",
        "tng",
    ),
    Check(
        "name-collision",
        Severity.ERROR,
        Effect.NONE,
        "Two devices would be written to the same file",
        "A file with that name was already written in this run, or exists with other content; it "
        "was left as it was.",
        "Write into an empty directory, or remove the duplicate from the input.",
        "tng",
    ),
    Check(
        "only-ca-certificates",
        Severity.WARNING,
        Effect.UNDECODABLE,
        "The input holds CA certificates and no device",
        "CA certificates are not devices. They are not trusted by lying in the input, either.",
        "Pass them with --intermediate, or with --trust-anchor if you trust them.",
        f"{_PKIX} §4.2.1.9",
    ),
    Check(
        "part-number-differs",
        Severity.NOTICE,
        Effect.NONE,
        "A table names another part than the certificate's issuer",
        "NXP issues cloud certificates by product variant; the issuer tells the part, and was "
        "taken. Nobody signed the column of the table.",
        "If the column is about the chip, ask who wrote the table which part was delivered.",
        "NXP AN12436",
    ),
    _unreadable(
        "entry-failed",
        "Reading or judging the entry failed inside tng",
        "Something in the entry made the tool itself fail. Nothing is known of the device, and the "
        "other entries are not affected.",
        "Please report it with the entry, which is a defect of tng; until then, leave it out.",
        "tng",
    ),
    _unreadable(
        "entry-lost",
        "The process that worked on the entry died, again and again",
        "Either something in the entries around ends the process that reads them, or the system "
        "does, for want of memory. Nothing is known of the device; the other entries are not "
        "affected.",
        "Run it again with --jobs 1 or with more memory; report it if that ends tng.",
        "tng",
    ),
    _unreadable(
        "input-changed",
        "The input was changed while it was read",
        "With --dask an input is cut first, and its parts are read where they are worked on. The "
        "bytes that stand there now are others than those that were hashed, so nothing of them is "
        "believed.",
        "Run it again when nothing writes to the input any more.",
        "tng",
    ),
    _tolerance(
        "der-padded",
        "A line end or padding after the DER was cut",
        "DER says itself where it ends. Editors and terminals leave a line end behind a file; a "
        "request may have the zeros or the FF bytes of the flash behind it that it was read from.",
        f"{_DER} §8.1.3",
    ),
    _unreadable(
        "line-cut",
        "A line is too long to be read as a whole",
        "A line of more than 128 KiB was read in pieces, and one of them had to end where neither "
        "a quote nor a comma nor anything else parts its words. A certificate or a request "
        "that stands across that place may be missing.",
        "Break the line, or look what it is: base64 or hexadecimal of many devices without any "
        "separator cannot be told apart. The lines behind it were still read.",
        "tng",
    ),
)
