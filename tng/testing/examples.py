"""The small example files: the manifests among them, and all of them together.

Used by `tng.testing.generate`; the forged entries come with the outcome they should have. No chip
is in two files.
"""

import io
import json
from collections.abc import Callable, Iterable
from typing import BinaryIO

import orjson

from tng.testing.chip_examples import chip_examples
from tng.testing.example import Example
from tng.testing.forged_chains import CHAIN_FORGERIES
from tng.testing.forgeries import ENTRY_FORGERIES, Forgery
from tng.testing.manifest import (
    EARLY_STYLE,
    LITE_STYLE,
    NEW_FULL_STYLE,
    SECRETS_STYLE,
    SELF_MADE_STYLE,
    Entry,
    EntryStyle,
    make_entries,
    make_entry,
    write_json_lines,
    write_manifest,
)
from tng.testing.microchip import MicrochipVendor
from tng.testing.nxp import NxpVendor
from tng.testing.parts import MAHTN, PARTS
from tng.testing.requests import request_examples
from tng.testing.trust_files import microchip_trust, nxp_trust

_FORGED_FROM = 1000
"""Number of the first chip in forged entries; each forgery has ten numbers for itself."""


def make_examples() -> tuple[Example, ...]:
    """All of them, made from the default seed."""
    microchip, nxp = MicrochipVendor(), NxpVendor()
    return (
        *_manifests(microchip),
        *_forged(microchip),
        *chip_examples(nxp),
        *request_examples(),
        *_trust(microchip, nxp),
    )


def mixed_forgeries(vendor: MicrochipVendor) -> tuple[Forgery, ...]:
    """Every forged entry, around chips that no other forgery uses."""
    forgers = (*ENTRY_FORGERIES, *CHAIN_FORGERIES)
    return tuple(forger(vendor, _FORGED_FROM + 10 * index) for index, forger in enumerate(forgers))


def _manifests(vendor: MicrochipVendor) -> tuple[Example, ...]:
    single = make_entry(vendor, vendor.device(700))
    early = make_entry(vendor, vendor.device(0, MAHTN), EARLY_STYLE, vendor.expired_manifest_signer)
    one_of_each = [make_entry(vendor, vendor.device(600, part)) for part in PARTS]
    return (
        Example(
            "tngtls-10.json",
            "Ten ATECC608C Trust&GO TLS chips, all genuine.",
            _array(make_entries(vendor, 10)),
        ),
        Example(
            "one-of-each.json",
            "One chip of each part: certificates in slots 0, 1 and 3, every form of subject.",
            _array(one_of_each),
        ),
        Example(
            "lite-3.json",
            "Three Lite entries: the vendor attests the chips, there is no certificate.",
            _array(make_entries(vendor, 3, style=LITE_STYLE, start=100)),
        ),
        Example(
            "new-full-3.json",
            "Three entries of the newer full format (version 3, `modelInfo`).",
            _array(make_entries(vendor, 3, style=NEW_FULL_STYLE, start=200)),
        ),
        Example(
            "early-lora.json",
            "One entry of 2019: no header, padded coordinates, slot 1, and a signer that has "
            "expired since (add `trust/expired-manifest-signer.pem`).",
            _array([early]),
        ),
        Example(
            "self-made-3.json",
            "As self-made manifests are: upper-case ids, coordinates without leading zeros, "
            'time stamp and group "Unknown".',
            _array(make_entries(vendor, 3, style=SELF_MADE_STYLE, start=300)),
        ),
        Example(
            "unusual-members.json",
            "Encrypted secrets, an unknown version, an unknown member, `distributer`, no group, an "
            "empty time stamp.",
            _array(_unusual(vendor)),
        ),
        Example("bare-entry.json", "A single entry without an array.", orjson.dumps(single)),
        Example(
            "entries.jsonl",
            "Three entries as JSON lines.",
            _lines(make_entries(vendor, 3, start=710)),
        ),
    )


def _unusual(vendor: MicrochipVendor) -> list[Entry]:
    styles = (
        SECRETS_STYLE,
        EntryStyle(version=9, extra_members={"futureMember": {"nested": True}}),
        EntryStyle(distributer=True, timestamp="", absent=frozenset({"groupId"})),
    )
    return [
        make_entry(vendor, vendor.device(400 + number), style)
        for number, style in enumerate(styles)
    ]


def _forged(vendor: MicrochipVendor) -> tuple[Example, ...]:
    forgeries = mixed_forgeries(vendor)
    genuine = list(make_entries(vendor, 3, start=500))
    entries = genuine + [entry for forgery in forgeries for entry in forgery.entries]
    expected: list[dict[str, object]] = [_expectation("genuine") for _ in genuine]
    for forgery in forgeries:
        expected += [_expectation("genuine") for _ in forgery.entries[1:]]
        expected.append(
            {
                "name": forgery.name,
                "description": forgery.description,
                "status": forgery.status.value,
                "codes": sorted(forgery.codes),
            }
        )
    return (
        Example(
            "forged-mixed.json",
            "Three genuine entries, then every forgery that the test vendor knows.",
            _array(entries),
        ),
        Example(
            "forged-mixed.expected.json",
            "What `forged-mixed.json` should give, entry by entry.",
            (json.dumps(expected, indent=1, ensure_ascii=False) + "\n").encode(),
        ),
    )


def _expectation(name: str) -> dict[str, object]:
    return {"name": name, "description": "", "status": "verified", "codes": []}


def _trust(microchip: MicrochipVendor, nxp: NxpVendor) -> tuple[Example, ...]:
    described = {
        "root.pem": "Root of the Microchip-like vendor, for `--trust-anchor`.",
        "manifest-signer.pem": "Its manifest signer, for `--manifest-signer`.",
        "expired-manifest-signer.pem": "The signer of `early-lora.json`.",
        "nxp-roots.pem": "The NXP-like vendor's three roots, for `--trust-anchor`.",
        "nxp-intermediates.pem": "Its intermediates, for `--intermediate`.",
        "nxp-revoked-intermediate.pem": "The revoked one of SE050C1, for `--intermediate`.",
    }
    files = microchip_trust(microchip) | nxp_trust(nxp)
    return tuple(
        Example(f"trust/{name}", described[name], content) for name, content in files.items()
    )


def _array(entries: Iterable[Entry]) -> bytes:
    return _written(write_manifest, entries)


def _lines(entries: Iterable[Entry]) -> bytes:
    return _written(write_json_lines, entries)


def _written(write: Callable[[BinaryIO, Iterable[Entry]], int], entries: Iterable[Entry]) -> bytes:
    stream = io.BytesIO()
    write(stream, entries)
    return stream.getvalue()
