"""The example files of the NXP-like vendor: logs, lists and single objects."""

from collections.abc import Callable

from tng.testing import dumps, sessions
from tng.testing.certificates import pem
from tng.testing.example import Example
from tng.testing.forged_chips import wrong_uid
from tng.testing.nxp import VARIANT_C1, ChipObject, NxpVendor


def chip_examples(vendor: NxpVendor) -> tuple[Example, ...]:
    """All of them."""
    return (*_logs(vendor), *_lists(vendor), *_single_objects(vendor))


def _logs(vendor: NxpVendor) -> tuple[Example, ...]:
    chips = [vendor.chip(number) for number in range(3)]
    noisy = [vendor.chip(number) for number in range(10, 13)]
    objects = [vendor.chip(3, chip_object) for chip_object in ChipObject]
    spoiled = (
        sessions.serial_log([vendor.chip(20)])
        + sessions.truncated_serial_log(vendor.chip(21))
        + sessions.failed_serial_log(vendor.chip(22))
        + sessions.serial_log([wrong_uid(vendor, 23).chip])
        + sessions.unfinished_serial_log(vendor.chip(25))
    )
    revoked = vendor.chip(30, variant=VARIANT_C1)
    return (
        Example(
            "se05x-serial.log",
            "Three chips on an ESP32's console: colours, CR CR LF, UID blocks.",
            sessions.serial_log(chips),
        ),
        Example(
            "se05x-noisy.log",
            "The same by a serial monitor with time stamps, other log lines inside the PEM blocks.",
            sessions.serial_log(noisy, sessions.NOISY_STYLE),
        ),
        Example(
            "se05x-objects.log",
            "Five objects of one chip: cloud (ECC twice, RSA), attestation, connectivity.",
            sessions.serial_log(objects, sessions.PLAIN_STYLE),
        ),
        Example(
            "se05x-trouble.log",
            "One good chip, a shortened block, a failed read, a wrong UID, a log cut off.",
            spoiled,
        ),
        Example(
            "se05x-revoked.log",
            "A chip of SE050C1, whose intermediate is revoked (`nxp-revoked-intermediate.pem`).",
            sessions.serial_log([revoked]),
        ),
    )


def _lists(vendor: NxpVendor) -> tuple[Example, ...]:
    return (
        Example(
            "ssscli-session.txt",
            "A terminal session with `ssscli`.",
            sessions.ssscli_session(vendor.chip(40)),
        ),
        Example(
            "edgelock2go.json",
            "Two chips from EdgeLock 2GO, intermediates included.",
            sessions.edgelock_2go(vendor.chip(number) for number in (50, 51)),
        ),
        Example(
            "se05x.csv",
            "Three chips in a table: UID, object, base64 DER.",
            sessions.csv_table(vendor.chip(number) for number in range(60, 63)),
        ),
    )


def _single_objects(vendor: NxpVendor) -> tuple[Example, ...]:
    notations: tuple[tuple[str, str, Callable[[bytes], bytes]], ...] = (
        ("one-line.pem", "PEM with its base64 on one line.", dumps.one_line_pem),
        ("zero-padded.der", "DER, zero-padded to the object's size.", dumps.zero_padded),
        ("nxlog.txt", "A hex dump by NXP's logger.", dumps.nxlog),
        ("xxd.txt", "A hex dump by `xxd`.", dumps.xxd),
        ("od.txt", "A hex dump by `od -A x -t x1`.", dumps.od),
        ("c-array.h", "An array in C source.", dumps.c_array),
        ("apdu.txt", "The chip's answer to ReadObject in hex.", dumps.apdu),
    )
    leaves = [vendor.chip(70 + number) for number in range(len(notations) + 1)]
    bag = leaves[-1]
    return (
        *(
            Example(f"objects/{name}", description, write(leaf.certificate))
            for (name, description, write), leaf in zip(notations, leaves[:-1], strict=True)
        ),
        Example(
            "objects/chain.p7b",
            "PKCS #7 with the leaf and its issuers.",
            dumps.pkcs7(bag.certificate, *bag.issuers),
        ),
        Example(
            "objects/chain.pem",
            "PEM with a leaf and its issuers.",
            pem(bag.certificate, *bag.issuers).encode(),
        ),
    )
