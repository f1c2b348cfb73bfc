import base64
import io
import json
from itertools import islice

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jose import jws

from tests.shared_material import shared
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
    write_json_lines,
    write_manifest,
)
from tng.testing.microchip import ManifestSigner, MicrochipVendor
from tng.testing.parts import PARTS, TFLXWPC


@pytest.fixture(scope="module")
def vendor() -> MicrochipVendor:
    return MicrochipVendor()


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def payload_of(entry: dict) -> dict:
    return json.loads(decoded(entry["payload"]))


def verified(entry: dict, signer: ManifestSigner) -> bytes:
    token = ".".join(entry[member] for member in ("protected", "payload", "signature"))
    key = signer.key.private.public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return jws.verify(token, pem, algorithms="ES256")


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.part_number)
def test_python_jose_accepts_every_part(vendor, part):
    device = vendor.device(1, part)
    entry = make_entry(vendor, device)
    assert json.loads(verified(entry, vendor.manifest_signer))["uniqueId"] == device.unique_id


@pytest.mark.parametrize(
    "style", [LITE_STYLE, NEW_FULL_STYLE, EARLY_STYLE, BARE_STYLE, SELF_MADE_STYLE, SECRETS_STYLE]
)
def test_python_jose_accepts_every_style(vendor, style):
    entry = make_entry(vendor, vendor.device(1), style)
    assert verified(entry, vendor.manifest_signer) == decoded(entry["payload"])


def test_signature_is_64_octets_and_nothing_is_padded(vendor):
    entry = make_entry(vendor, vendor.device(1))
    assert len(decoded(entry["signature"])) == 64
    assert not any("=" in entry[member] for member in ("payload", "protected", "signature"))


def test_protected_header_names_the_signer(vendor):
    protected = json.loads(decoded(make_entry(vendor, vendor.device(1))["protected"]))
    signer = vendor.manifest_signer
    assert protected == {
        "alg": "ES256",
        "kid": signer.key_id,
        "typ": "JWT",
        "x5t#S256": signer.thumbprint,
    }


def test_certificate_is_in_the_parts_slot_alone(vendor):
    keys = payload_of(make_entry(vendor, vendor.device(1, TFLXWPC)))["publicKeySet"]["keys"]
    assert [key["kid"] for key in keys] == ["0", "1", "2", "3", "4"]
    assert [key["kid"] for key in keys if "x5c" in key] == ["3"]


def test_certificates_are_padded_standard_base64(vendor):
    device = vendor.device(1)
    keys = payload_of(make_entry(vendor, device))["publicKeySet"]["keys"]
    assert [base64.b64decode(text, validate=True) for text in keys[0]["x5c"]] == [
        device.certificate,
        device.signer,
    ]


def test_lite_has_no_keys(vendor):
    payload = payload_of(make_entry(vendor, vendor.device(1), LITE_STYLE))
    assert payload["version"] == 2
    assert "publicKeySet" not in payload


def test_early_entries_have_no_header_and_padded_coordinates(vendor):
    entry = make_entry(vendor, vendor.device(1), EARLY_STYLE)
    assert set(entry) == {"payload", "protected", "signature"}
    (key,) = payload_of(entry)["publicKeySet"]["keys"]
    assert key["x"].endswith("=")


def test_self_made_entries(vendor):
    device = vendor.device(1, short_coordinate=True)
    payload = payload_of(make_entry(vendor, device, SELF_MADE_STYLE))
    assert payload["uniqueId"] == device.unique_id.upper()
    assert payload["provisioningTimestamp"] == payload["groupId"] == "Unknown"
    assert len(decoded(payload["publicKeySet"]["keys"][0]["x"])) < 32


def test_members_can_be_renamed_left_out_and_added(vendor):
    style = EntryStyle(
        version=9,
        distributer=True,
        absent=frozenset({"groupId"}),
        extra_members={"encryptedSecretKeySet": {}},
    )
    payload = payload_of(make_entry(vendor, vendor.device(1), style))
    assert payload["version"] == 9
    assert "distributer" in payload
    assert "encryptedSecretKeySet" in payload
    assert not {"distributor", "groupId"} & set(payload)


def test_entries_name_chips_in_order(vendor):
    entries = make_entries(vendor, 3, start=5)
    ids = [entry["header"]["uniqueId"] for entry in entries]
    assert ids == [vendor.device(number).unique_id for number in (5, 6, 7)]


def test_written_manifest_is_json(vendor):
    stream = io.BytesIO()
    assert write_manifest(stream, make_entries(vendor, 3)) == 3
    assert json.loads(stream.getvalue()) == list(make_entries(vendor, 3))


def test_empty_manifest_is_json():
    stream = io.BytesIO()
    assert write_manifest(stream, ()) == 0
    assert json.loads(stream.getvalue()) == []


def test_json_lines(vendor):
    stream = io.BytesIO()
    assert write_json_lines(stream, make_entries(vendor, 3)) == 3
    assert [json.loads(line) for line in stream.getvalue().splitlines()] == list(
        make_entries(vendor, 3)
    )


def test_entries_are_made_only_when_asked_for(vendor):
    endless = make_entries(vendor, 10**9, style=BARE_STYLE)
    assert len(list(islice(endless, 2))) == 2


def test_members_stand_in_the_order_of_the_genuine_manifest(vendor):
    path = shared("samples", "microchip", "ECC608C-TNGTLSU-B.json")
    genuine = payload_of(json.loads(path.read_text())[0])
    made = payload_of(make_entry(vendor, vendor.device(1), DEFAULT_STYLE))
    assert list(made) == list(genuine)
    assert [list(key) for key in made["publicKeySet"]["keys"]] == [
        list(key) for key in genuine["publicKeySet"]["keys"]
    ]
