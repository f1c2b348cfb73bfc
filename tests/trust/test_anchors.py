"""The built-in anchors: consistent in themselves, and equal to the genuine certificates."""

import json
from base64 import b64decode, urlsafe_b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files

import pytest

from tests.shared_material import shared
from tng.errors import TrustError
from tng.trust.anchor import Anchor, Role
from tng.trust.builtin import built_in_material, read_material
from tng.trust.store import TrustStore
from tng.verify.signatures import certificate_verifies
from tng.x509.certificate import Certificate
from tng.x509.pem import read_certificate_file

_ANCHORS = built_in_material().anchors
_BY_FINGERPRINT = {anchor.certificate_sha256: anchor for anchor in _ANCHORS}


def _url(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


@cache
def _certificates() -> dict[str, Certificate]:
    """The genuine certificates by fingerprint; skips where they are absent."""
    paths = [*shared("trust").glob("*.pem"), *shared("trust", "manifest-signers").iterdir()]
    read = [c for path in paths for c in read_certificate_file(path.read_bytes())]
    return {certificate.sha256: certificate for certificate in read}


@pytest.mark.parametrize("anchor", _ANCHORS, ids=lambda anchor: anchor.id)
def test_an_anchor_agrees_with_itself(anchor: Anchor):
    assert sha256(anchor.public_key.spki).hexdigest() == anchor.spki_sha256
    assert anchor.not_before < anchor.not_after
    assert anchor.source
    assert anchor.built_in
    if anchor.role is Role.MANIFEST_SIGNER:
        assert anchor.key_id == _url(anchor.subject_key_identifier or b"")
        assert anchor.thumbprint == _url(bytes.fromhex(anchor.certificate_sha256))
    else:
        assert (anchor.key_id, anchor.thumbprint) == (None, None)


@pytest.mark.parametrize("vendor", ["microchip", "nxp"])
def test_the_key_kind_in_the_data_is_the_keys(vendor: str):
    text = files("tng.trust").joinpath("anchors", f"{vendor}.json").read_text("utf-8")
    facts = {fact["id"]: fact for fact in json.loads(text)["anchors"]}
    for anchor in _ANCHORS:
        if anchor.vendor == vendor:
            assert facts[anchor.id]["key"] == anchor.public_key.algorithm


@pytest.mark.parametrize("anchor", _ANCHORS, ids=lambda anchor: anchor.id)
def test_an_anchor_is_what_its_certificate_says(anchor: Anchor):
    certificate = _certificates()[anchor.certificate_sha256]
    assert anchor.subject == frozenset(certificate.subject.attributes)
    assert anchor.public_key == certificate.public_key
    assert anchor.not_before == certificate.not_before
    assert anchor.not_after == certificate.not_after
    assert anchor.serial_number == certificate.serial_hex
    assert anchor.subject_key_identifier == certificate.extensions.subject_key_identifier
    assert anchor.path_length == certificate.extensions.path_length
    assert certificate.extensions.is_ca is (anchor.role is not Role.MANIFEST_SIGNER)


def test_every_genuine_certificate_is_an_anchor():
    assert set(_certificates()) == set(_BY_FINGERPRINT)


@pytest.mark.parametrize("anchor", _ANCHORS, ids=lambda anchor: anchor.id)
def test_the_certificate_was_signed_by_the_anchor_that_is_named_its_issuer(anchor: Anchor):
    certificate = _certificates()[anchor.certificate_sha256]
    (issuer, *_) = TrustStore(built_in_material()).above(anchor) or (anchor,)
    assert certificate_verifies(certificate, issuer.public_key)
    assert (issuer is anchor) is (anchor.role is not Role.INTERMEDIATE)
    assert issuer.subject == frozenset(certificate.issuer.attributes)


def test_the_data_is_what_the_published_facts_say():
    facts = json.loads(shared("trust", "vendor-anchors.json").read_text("utf-8"))
    assert {fact["certificate_sha256"] for fact in facts} == set(_BY_FINGERPRINT)
    for fact in facts:
        anchor = _BY_FINGERPRINT[fact["certificate_sha256"]]
        assert b64decode(fact["spki_der_base64"]) == anchor.public_key.spki
        assert (anchor.vendor, anchor.role.value) == (fact["vendor"], fact["role"])
        assert (anchor.key_id, anchor.thumbprint) == (fact.get("kid"), fact.get("x5t#S256"))
        assert bool(anchor.revoked) is bool(fact.get("revoked"))


def test_both_revoked_intermediates_and_the_demo_hierarchy_are_known():
    material = built_in_material()
    assert {name.common_name for name in material.revoked_names} == {
        "CloudConn-Intermediate-040050010001A200-ECC",
        "CloudConn-Intermediate-040050010001A201-ECC",
    }
    assert [demo.organizational_unit for demo in material.demo_authorities] == ["NXP Plug Trust CA"]


_GOOD = json.loads(files("tng.trust").joinpath("anchors", "nxp.json").read_text("utf-8"))


def _damaged(**changes: object) -> str:
    (first, *_) = _GOOD["anchors"]
    return json.dumps({**_GOOD, "anchors": [{**first, **changes}]})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"vendor": "nxp", "anchors": [{}]}',
        _damaged(spki="AAAA"),
        _damaged(spki="*"),
        _damaged(spki=None),
        _damaged(spki_sha256="00" * 32),
        _damaged(role="king"),
        _damaged(subject=[["XX", "?"]]),
        _damaged(not_after="tomorrow"),
        _damaged(subject_key_identifier="xyz"),
    ],
)
def test_damaged_data_is_an_error_with_a_hint_and_not_a_smaller_store(text: str):
    with pytest.raises(TrustError, match="damaged") as caught:
        read_material([text])
    assert caught.value.hint
