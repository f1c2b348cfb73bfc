from dataclasses import replace
from pathlib import Path

import pytest

from tests.judging import MANIFESTS, TRUST, codes, judge, manifest, microchip, verifier
from tests.shared_material import shared
from tng.config import TrustSettings
from tng.errors import TrustError
from tng.models import Status
from tng.testing.certificates import pem
from tng.testing.forged_chains import look_alike_root
from tng.testing.manifest import make_entries
from tng.testing.microchip import MicrochipVendor
from tng.trust.added import MAX_TRUST_FILE_BYTES, added_material
from tng.trust.anchor import Role, TrustMaterial
from tng.trust.builtin import built_in_material
from tng.trust.loading import load_store
from tng.trust.store import TrustStore
from tng.x509.certificate import read_certificate


def _built_in() -> TrustStore:
    return TrustStore(built_in_material())


def _added(*, anchors=(), signers=(), intermediates=()) -> TrustStore:
    return TrustStore(built_in_material(), added_material(anchors, signers, intermediates))


def test_a_signer_is_found_by_key_id_and_thumbprint_together():
    store = _built_in()
    four, five = (store.find(f"microchip-manifest-signer-00{n}") for n in (4, 5))
    assert four
    assert five
    assert store.signer(five.key_id, five.thumbprint) is five
    assert store.signer(five.key_id, four.thumbprint) is None
    assert store.signer(four.key_id, five.thumbprint) is None
    assert store.signer(five.key_id, "") is None


def test_the_test_signer_of_microchip_is_known_and_not_trusted():
    store = _built_in()
    signer = store.find("microchip-log-signer-test")
    assert signer
    assert store.signer(signer.key_id, signer.thumbprint) is None
    assert store.known_signer(signer.key_id) is signer


def test_the_test_signer_is_trusted_once_its_certificate_is_added():
    names = list(shared("trust", "manifest-signers").glob("MCHP_Log_Signer_Test*"))
    store = _added(signers=names)
    known = _built_in().find("microchip-log-signer-test")
    found = store.signer(known.key_id, known.thumbprint)
    assert found
    assert not found.built_in


def test_a_manifest_signer_is_no_device_root_and_a_root_no_signer():
    store = _added(anchors=[TRUST / "root.pem"], signers=[TRUST / "manifest-signer.pem"])
    signer = read_certificate(microchip().manifest_signer.certificate)
    assert store.authorities(signer.subject) == ()
    assert {
        a.role for a in store.authorities(read_certificate(microchip().root.certificate).subject)
    } == {Role.DEVICE_ROOT}


def test_a_look_alike_is_a_candidate_by_name_and_fails_by_key():
    impostor = MicrochipVendor(
        "look-alike", root_common_name="Crypto Authentication Root CA 002",
        organization="Microchip Technology Inc",
    )  # fmt: skip
    name = read_certificate(impostor.root.certificate).subject
    assert [a.id for a in _built_in().authorities(name)] == ["microchip-root-ca-002"]
    by = verifier(store=_added(signers=[TRUST / "manifest-signer.pem"]))
    entries = look_alike_root(MicrochipVendor(
        root_common_name="Crypto Authentication Root CA 002",
        organization="Microchip Technology Inc",
    ), 1).entries  # fmt: skip
    (outcome,) = judge(manifest(entries), by)
    assert outcome.status is not Status.VERIFIED
    assert "issuer-look-alike" in codes(outcome)


def test_a_customers_own_root_of_the_same_name_works_once_it_is_added(tmp_path: Path):
    own = MicrochipVendor("own", root_common_name="Crypto Authentication Root CA 002",
                          organization="Microchip Technology Inc")  # fmt: skip
    root, signer = tmp_path / "root.pem", tmp_path / "signer.pem"
    root.write_text(pem(own.root.certificate))
    signer.write_text(pem(own.manifest_signer.certificate))
    data = manifest(make_entries(own, 1))
    (before,) = judge(data, verifier(store=_added(signers=[signer])))
    (after,) = judge(data, verifier(store=_added(anchors=[root], signers=[signer])))
    assert before.status is Status.REJECTED
    assert after.status is Status.VERIFIED
    assert not after.anchor.built_in


def test_what_is_added_is_told_from_what_is_built_in():
    store = _added(anchors=[TRUST / "root.pem"])
    added = [anchor for anchor in store.anchors if not anchor.built_in]
    assert [anchor.source for anchor in added] == [str(TRUST / "root.pem")]
    assert all(anchor.id.startswith("added-") for anchor in added)
    assert store.find(added[0].certificate_sha256.upper()) is added[0]


def test_adding_a_built_in_anchor_changes_nothing_about_it():
    for built_in in built_in_material().anchors:
        if built_in.trusted:
            again = replace(built_in, id="again", built_in=False, revoked=None)
            store = TrustStore(built_in_material(), TrustMaterial((again,)))
            assert store.anchors == _built_in().anchors


def test_an_added_intermediate_is_offered_and_trusted_by_nobody():
    material = added_material([], [], [TRUST / "nxp-intermediates.pem"])
    assert material.anchors == ()
    assert TrustStore(material).intermediates(material.intermediates[0].subject)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "neither PEM nor DER"),
        (b"hello", "neither PEM nor DER"),
        (b"\x30\x82\x01", "cut short"),
        (b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n", "not base64"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "tag 0x00"),
        (b"A" * (MAX_TRUST_FILE_BYTES + 1), "too large"),
    ],
)
@pytest.mark.parametrize("option", ["anchors", "signers", "intermediates"])
def test_a_damaged_trust_file_is_an_error_that_names_the_file(
    tmp_path: Path, option: str, content: bytes, said: str
):
    path = tmp_path / "trust.pem"
    path.write_bytes(content)
    with pytest.raises(TrustError, match=said) as caught:
        _added(**{option: [path]})
    assert str(path) in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("name", ["missing.pem", ".", "zero\0byte.pem"])
def test_a_trust_file_that_cannot_be_opened_is_an_error(tmp_path: Path, name: str):
    with pytest.raises(TrustError) as caught:
        _added(anchors=[tmp_path / name])
    assert caught.value.hint


@pytest.mark.parametrize("option", ["anchors", "intermediates"])
def test_what_is_no_authority_is_refused_as_one(option: str):
    with pytest.raises(TrustError, match="CA:TRUE is missing"):
        _added(**{option: [TRUST / "manifest-signer.pem"]})


def test_every_certificate_of_a_file_is_added():
    assert len(_added(anchors=[TRUST / "nxp-roots.pem"]).anchors) - len(_built_in().anchors) == 3


def test_the_configuration_adds_as_the_flags_do():
    settings = TrustSettings(anchors=(TRUST / "root.pem",))
    store = load_store(settings, manifest_signers=[TRUST / "manifest-signer.pem"])
    (outcome, *_) = judge((MANIFESTS / "tngtls-10.json").read_bytes(), verifier(store=store))
    assert outcome.status is Status.VERIFIED
