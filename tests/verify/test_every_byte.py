"""Every byte of everything that is signed, flipped in turn: never ``verified``."""

from base64 import b64decode, b64encode
from collections.abc import Iterator

import orjson
import pytest

from tests.judging import TODAY, microchip, nxp, trusting_store
from tng.decode.certificates import read_device
from tng.decode.interface import RawEntry
from tng.decode.microchip import MicrochipManifestDecoder
from tng.models import DeviceEntry, Source, Status
from tng.testing.manifest import (
    BARE_STYLE,
    LITE_STYLE,
    EntryStyle,
    make_entry,
    make_payload,
    sign_payload,
)
from tng.testing.nxp import ChipObject
from tng.verify.policy import VerificationPolicy
from tng.verify.verifier import Verifier

_SOURCE = Source("flipped", entry=1)
_GOOD = {Status.VERIFIED, Status.ATTESTED}
_READ = MicrochipManifestDecoder().read


def _verifier() -> Verifier:
    return Verifier(trusting_store(), VerificationPolicy(TODAY))


def _statuses(verifier: Verifier, entry: bytes) -> set[Status]:
    read = _READ(RawEntry(_SOURCE, (entry,)))
    return {
        verifier.judge(item).status if isinstance(item, DeviceEntry) else item.status
        for item in read
    }


def _flipped(text: bytes) -> Iterator[tuple[int, bytes]]:
    """Each byte with its lowest bit flipped, with another bit flipped, and in the other case."""
    for position, byte in enumerate(text):
        for other in {byte ^ 1, byte ^ (2 << position % 7), ord(chr(byte).swapcase())} - {byte}:
            yield position, text[:position] + bytes((other,)) + text[position + 1 :]


@pytest.mark.parametrize("member", ["payload", "protected", "signature"])
@pytest.mark.parametrize("style", [BARE_STYLE, LITE_STYLE], ids=["full", "lite"])
def test_no_flipped_byte_of_a_signed_member_passes(style: EntryStyle, member: str):
    entry = make_entry(microchip(), microchip().device(3), style)
    verifier = _verifier()
    assert _statuses(verifier, orjson.dumps(entry)) <= _GOOD
    text = entry[member].encode()
    marked = orjson.dumps({**entry, member: "@"})
    before, after = marked.split(b"@")
    for position, changed in _flipped(text):
        assert not _statuses(verifier, before + changed + after) & _GOOD, position


@pytest.mark.parametrize("member", ["payload", "protected", "signature"])
@pytest.mark.parametrize("appended", ["=", "A", "AAAA", " ", "\\n", "%"])
def test_nothing_can_be_appended_to_a_signed_member(member: str, appended: str):
    entry = make_entry(microchip(), microchip().device(3), BARE_STYLE)
    text = orjson.dumps(entry).replace(
        entry[member].encode(), entry[member].encode() + appended.encode()
    )
    assert not _statuses(_verifier(), text) & _GOOD


@pytest.mark.parametrize("place", [0, 1], ids=["leaf", "issuer"])
def test_no_flipped_byte_of_a_certificate_passes_in_an_entry_that_is_signed_anew(place: int):
    vendor, verifier = microchip(), _verifier()
    payload = make_payload(vendor, vendor.device(3), BARE_STYLE)
    (key,) = payload["publicKeySet"]["keys"]
    genuine = list(key["x5c"])
    for position, changed in _flipped_once(b64decode(genuine[place])):
        key["x5c"] = [
            b64encode(changed).decode() if index == place else text
            for index, text in enumerate(genuine)
        ]
        entry = sign_payload(payload, vendor.manifest_signer)
        assert not _statuses(verifier, orjson.dumps(entry)) & _GOOD, position


@pytest.mark.parametrize("chip_object", [ChipObject.CLOUD_ECC, ChipObject.CLOUD_RSA])
def test_no_flipped_byte_of_a_leaf_or_its_issuers_passes(chip_object: ChipObject):
    chip = nxp().chip(1, chip_object)
    chain = (chip.certificate, *chip.issuers)
    verifier = _verifier()
    assert _chain_status(verifier, chain, chip.uid) is Status.VERIFIED
    for place, certificate in enumerate(chain):
        for position, changed in _flipped_once(certificate):
            tampered = (*chain[:place], changed, *chain[place + 1 :])
            assert _chain_status(verifier, tampered, chip.uid) not in _GOOD, (place, position)


def _flipped_once(data: bytes) -> Iterator[tuple[int, bytes]]:
    for position, byte in enumerate(data):
        changed = byte ^ (1 << position % 8)
        yield position, data[:position] + bytes((changed,)) + data[position + 1 :]


def _chain_status(verifier: Verifier, chain: tuple[bytes, ...], uid: str) -> Status:
    try:
        (read,) = read_device(RawEntry(_SOURCE, chain, uid=uid))
    except ValueError:
        # Issuers beside are read when they are collected: what cannot be read is not offered.
        return Status.UNDECODABLE
    return verifier.judge(read).status if isinstance(read, DeviceEntry) else read.status
