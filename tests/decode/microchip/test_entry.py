from dataclasses import replace

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.decode.reading import decode_with
from tests.judging import codes, judge, manifest, microchip, verifier
from tng.decode.interface import RawEntry
from tng.decode.microchip import MicrochipManifestDecoder
from tng.decode.microchip.jose import JoseError, base64url, base64url_signature
from tng.models import DeviceEntry, Source, Status, Undecodable
from tng.testing.manifest import (
    BARE_STYLE,
    DEFAULT_STYLE,
    EARLY_STYLE,
    LITE_STYLE,
    NEW_FULL_STYLE,
    SECRETS_STYLE,
    SELF_MADE_STYLE,
    EntryStyle,
    make_entries,
    make_entry,
    make_payload,
    sign_payload,
)
from tng.testing.parts import PARTS, Part

_DECODER = MicrochipManifestDecoder()
_SOURCE = Source("manifest.json", entry=1)


def _read(data: bytes) -> tuple[DeviceEntry | Undecodable, ...]:
    return _DECODER.read(RawEntry(_SOURCE, (data,)))


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        (DEFAULT_STYLE, set()),
        (BARE_STYLE, set()),
        (NEW_FULL_STYLE, set()),
        (EARLY_STYLE, {"manifest-header-missing", "base64url-padded"}),
        (
            SELF_MADE_STYLE,
            {"unique-id-upper-case", "jwk-short-coordinate", "manifest-timestamp-unusable"},
        ),
        (SECRETS_STYLE, {"manifest-secrets-not-decoded"}),
        (EntryStyle(version=9), {"manifest-version-unknown"}),
        (EntryStyle(version=2), set()),
        (EntryStyle(distributer=True), set()),
        (EntryStyle(group_id="1"), set()),
        (EntryStyle(absent=frozenset({"groupId", "distributor"})), set()),
        (EntryStyle(extra_members={"futureMember": 1}), {"manifest-member-unknown"}),
    ],
)
def test_every_style_is_verified_and_each_tolerance_is_a_finding(style, expected: set[str]):
    (entry,) = make_entries(microchip(), 1, style=style, start=30)
    (outcome,) = judge(manifest([entry]))
    assert outcome.status is Status.VERIFIED
    always = {
        "printable-string-illegal-character",
        "generalized-time-before-2050",
        "leaf-outlives-issuer",
    }
    notices = {item.code for item in outcome.findings if item.severity.value == "notice"}
    assert notices - always == expected


@pytest.mark.parametrize("style", [LITE_STYLE, replace(LITE_STYLE, version=1)])
def test_an_entry_without_keys_is_lite_whatever_its_version_says(style: EntryStyle):
    (entry,) = make_entries(microchip(), 1, style=style)
    (outcome,) = judge(manifest([entry]))
    assert outcome.status is Status.ATTESTED
    assert "certificate-absent" in codes(outcome)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.part_number)
def test_every_part_is_read_with_its_slot(part: Part):
    device = microchip().device(4, part)
    (outcome,) = judge(manifest([make_entry(microchip(), device)]))
    assert outcome.status is Status.VERIFIED
    record = outcome.record
    assert (record.vendor, record.device_id) == ("microchip", device.unique_id)
    assert (record.part_number, record.object_id) == (part.part_number, part.slot)
    assert record.leaf.der == device.certificate
    assert "certificate-names-no-id" not in codes(outcome)


def test_the_id_is_the_signed_one_and_not_the_headers():
    entry = make_entry(microchip(), microchip().device(3))
    entry["header"]["uniqueId"] = "../../etc/passwd"
    (device,) = _read(orjson.dumps(entry))
    assert isinstance(device, DeviceEntry)
    assert device.record.device_id == microchip().device(3).unique_id


def _entry() -> dict[str, object]:
    return make_entry(microchip(), microchip().device(3))


def _payload(**changes: object) -> bytes:
    payload = {**make_payload(microchip(), microchip().device(3), BARE_STYLE), **changes}
    return orjson.dumps(sign_payload(payload, microchip().manifest_signer))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"{}",
        b"[" * 100_000,
        b'{"payload":' * 2000,
        orjson.dumps({"payload": "e30", "protected": "e30", "signature": ""}),
        orjson.dumps({**_entry(), "payload": 1}),
        orjson.dumps({**_entry(), "payload": "é"}),
        orjson.dumps({**_entry(), "protected": "bnVsbA"}),
        orjson.dumps({**_entry(), "protected": "W10"}),
        orjson.dumps({**_entry(), "protected": "e30="}),
        orjson.dumps({**_entry(), "signature": "AA=="}),
        orjson.dumps({**_entry(), "signature": None}),
        _payload(uniqueId=None),
        _payload(uniqueId="../../etc/passwd"),
        _payload(uniqueId="a" * 65),
        _payload(uniqueId="-o"),
        _payload(publicKeySet=[]),
        _payload(publicKeySet={"keys": {}}),
        _payload(publicKeySet={"keys": [{}] * 65}),
        _payload(publicKeySet={"keys": [{"x5c": "text"}]}),
        _payload(publicKeySet={"keys": [{"x5c": [1]}]}),
        _payload(publicKeySet={"keys": [{"x5c": ["?"]}]}),
        _payload(publicKeySet={"keys": [{"x5c": ["AAAA"], "kty": "EC", "x": "AA", "y": "*"}]}),
        b'{"payload":"\\ud800","protected":"e30","signature":""}',
    ],
)
def test_what_is_no_entry_is_undecodable_and_says_why(data: bytes):
    (read,) = _read(data)
    assert isinstance(read, Undecodable)
    assert read.findings[-1].code in {"entry-malformed", "certificate-malformed"}
    assert read.findings[-1].message


@pytest.mark.parametrize(
    "key", [{"kty": "OKP", "crv": "Ed25519", "x": "AA"}, {"kty": 7}, {"crv": "P-256"}]
)
def test_a_key_of_an_unknown_kind_is_a_notice(key: dict[str, object]):
    payload = make_payload(microchip(), microchip().device(3), BARE_STYLE)
    (own,) = payload["publicKeySet"]["keys"]
    payload["publicKeySet"]["keys"] = [{"kid": "0", "x5c": own["x5c"], **key}]
    (outcome,) = judge(manifest([sign_payload(payload, microchip().manifest_signer)]))
    assert outcome.status is Status.VERIFIED
    assert "key-not-compared" in codes(outcome)


_WRONG = [
    "A",
    "AA==",
    "AA=",
    "A A",
    "A\nA",
    "AA\0",
    "A+",
    "A/",
    "é",
    "AAAAA",
    "=",
    "_",
    "AA==AAAA",
    "AA=A",
]


@pytest.mark.parametrize("text", _WRONG)
def test_only_unpadded_base64url_is_read(text: str):
    with pytest.raises(JoseError):
        base64url(text, "it")


@pytest.mark.parametrize("text", [*_WRONG, "AB", "AAB"])
def test_only_the_one_right_spelling_of_a_signature_is_read(text: str):
    with pytest.raises(JoseError):
        base64url_signature(text)


@given(st.binary(max_size=70))
def test_what_was_encoded_is_decoded(octets: bytes):
    from tng.testing.microchip import base64url as encode

    assert base64url(encode(octets), "it") == octets == base64url_signature(encode(octets))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False)
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
_MEMBERS = st.sampled_from(
    ["version", "uniqueId", "publicKeySet", "provisioningTimestamp", "groupId", "partNumber"]
)
_KEY_MEMBERS = st.sampled_from(["kid", "kty", "crv", "x", "y", "x5c"])


@given(
    st.dictionaries(_MEMBERS, _JSON, max_size=3), st.dictionaries(_KEY_MEMBERS, _JSON, max_size=2)
)
@settings(max_examples=200, deadline=None)
def test_any_signed_payload_gives_outcomes_and_never_an_exception(
    members: dict[str, object], key: dict[str, object]
):
    payload = make_payload(microchip(), microchip().device(3), BARE_STYLE)
    (own,) = payload["publicKeySet"]["keys"]
    payload["publicKeySet"] = {"keys": [{**own, **key}]}
    payload.update(members)
    entry = orjson.dumps(sign_payload(payload, microchip().manifest_signer))
    by = verifier()
    for read in _read(entry):
        if isinstance(read, DeviceEntry):
            by.judge(read)


@given(st.dictionaries(st.sampled_from(["alg", "kid", "x5t#S256", "crit", "typ"]), _JSON))
@settings(max_examples=100, deadline=None)
def test_any_protected_header_but_the_genuine_one_is_never_verified(members: dict[str, object]):
    from tng.testing.microchip import base64url as encode

    entry = {**_entry(), "protected": encode(orjson.dumps(members))}
    assert {outcome.status for outcome in judge(orjson.dumps([entry]))} <= {
        Status.UNVERIFIED, Status.REJECTED, Status.UNDECODABLE,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("head", "ours"),
    [
        (b'[{"payload":"', True),
        (b'\xef\xbb\xbf\r\n [ { "header": {}, "signature" : "', True),
        (b"[]", True),
        (b" [ ]\n", True),
        (b'{"deviceId": 1}', False),
        (b'-----BEGIN CERTIFICATE-----\n"payload":', False),
        (b"[1, 2]", False),
        (b"", False),
    ],
)
def test_manifests_are_recognised_by_content(head: bytes, ours: bool):
    assert _DECODER.recognises(head) is ours


def test_notes_about_the_form_go_to_the_first_entry_alone():
    data = b"\xef\xbb\xbf" + b"\n".join(
        orjson.dumps(entry) for entry in make_entries(microchip(), 2, style=BARE_STYLE)
    )
    first, second = decode_with(_DECODER, data)
    notes = {"byte-order-mark", "manifest-not-an-array"}
    assert notes <= {item.code for item in first.findings}
    assert not notes & {item.code for item in second.findings}
    sources = (first.record.source, second.record.source)
    assert sources == (Source("input", 1), Source("input", 2))
