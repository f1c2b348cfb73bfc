"""The issuer walk where the forgeries of the test vendor do not reach, and openssl's opinion."""

import shutil
import subprocess
import time
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.judging import TODAY, codes, judge, manifest, microchip, nxp, verifier
from tng.errors import TrustError
from tng.models import Outcome, Status, VerifiedDevice
from tng.testing import certificates as x509
from tng.testing import der_writer as der
from tng.testing.certificates import Authority, CertificateRequest, pem, self_signed, subordinate
from tng.testing.forged_chains import CHAIN_FORGERIES
from tng.testing.forgeries import Forger
from tng.testing.keys import SigningKey, seeded_key
from tng.testing.manifest import BARE_STYLE, make_payload, sign_payload
from tng.testing.nxp import ChipObject
from tng.testing.parts import MAHTN, PARTS, Part
from tng.trust.added import added_material
from tng.trust.anchor import TrustMaterial
from tng.trust.builtin import built_in_material
from tng.trust.store import TrustStore
from tng.verify.signatures import certificate_verifies
from tng.x509.certificate import read_certificate

_BEGIN, _END = datetime(2020, 1, 1, tzinfo=UTC), datetime(2045, 1, 1, tzinfo=UTC)


def _request(name: str, key, *, is_ca: bool = True, path_length=None) -> CertificateRequest:
    return CertificateRequest(
        subject=x509.name((x509.COMMON_NAME, name)),
        spki=key.spki,
        serial=b"\x01",
        not_before=_BEGIN,
        not_after=_END,
        extensions=(x509.basic_constraints(is_ca=is_ca, path_length=path_length),),
    )


def _root() -> Authority:
    key = seeded_key("walk", "root")
    return self_signed(_request("Walk Root", key), key)


def _store(tmp_path: Path, anchors: Sequence[bytes], offered: Sequence[bytes] = ()) -> TrustStore:
    roots, issuers = tmp_path / "roots.pem", tmp_path / "issuers.pem"
    roots.write_text(pem(*anchors))
    issuers.write_text(pem(*offered))
    material = added_material([roots], [], [issuers] if offered else [])
    return TrustStore(built_in_material(), material)


def _judge(store: TrustStore, *certificates: bytes, at: datetime = TODAY) -> Outcome:
    return judge(pem(*certificates).encode(), verifier(store=store, at=at))[-1]


def _chain(length: int) -> tuple[Authority, list[Authority], bytes]:
    """The root, ``length`` authorities below it (the lowest first), and a leaf."""
    root = _root()
    below: list[Authority] = []
    for number in range(length):
        key = seeded_key("walk", f"level/{number}")
        upper = below[0] if below else root
        below.insert(0, subordinate(upper, _request(f"Level {number}", key), key))
    key = seeded_key("walk", "leaf")
    leaf = (below[0] if below else root).issue(_request("leaf", key, is_ca=False))
    return root, below, leaf


@pytest.mark.parametrize("length", [0, 1, 2, 7, 8])
def test_chains_of_up_to_eight_issuers_are_walked(tmp_path, length: int):
    root, below, leaf = _chain(length)
    issuers = [authority.certificate for authority in below]
    outcome = _judge(_store(tmp_path, [root.certificate], issuers), leaf)
    assert isinstance(outcome, VerifiedDevice)
    assert [issuer.der for issuer in outcome.issuers] == issuers
    assert len(outcome.path) == length + 1


def test_a_ninth_issuer_is_too_much(tmp_path):
    root, below, leaf = _chain(9)
    store = _store(tmp_path, [root.certificate], [authority.certificate for authority in below])
    outcome = _judge(store, leaf)
    assert outcome.status is Status.REJECTED
    assert "chain-too-long" in codes(outcome)


def test_issuers_beside_the_leaf_in_any_order_are_used(tmp_path):
    root, below, leaf = _chain(3)
    issuers = [authority.certificate for authority in below]
    outcome = _judge(_store(tmp_path, [root.certificate]), *reversed(issuers), leaf)
    assert outcome.status is Status.VERIFIED


def test_authorities_that_issue_each_other_end_in_a_finding(tmp_path):
    keys = [seeded_key("walk", f"ring/{number}") for number in range(2)]
    names = [_request(f"Ring {number}", key) for number, key in enumerate(keys)]
    first = self_signed(names[0], keys[0])
    second = subordinate(first, names[1], keys[1])
    back = subordinate(second, names[0], keys[0])
    leaf = back.issue(_request("leaf", seeded_key("walk", "leaf"), is_ca=False))
    outcome = _judge(
        _store(tmp_path, [_root().certificate]), second.certificate, back.certificate, leaf
    )
    assert outcome.status is Status.REJECTED
    assert "chain-too-long" in codes(outcome)


@pytest.mark.parametrize(
    ("allowed", "length", "status"),
    [
        (0, 0, Status.VERIFIED),
        (0, 1, Status.REJECTED),
        (1, 1, Status.VERIFIED),
        (1, 2, Status.REJECTED),
    ],
)
def test_the_path_length_of_the_anchor_counts(tmp_path, allowed: int, length: int, status: Status):
    key = seeded_key("walk", "root")
    root = self_signed(_request("Walk Root", key, path_length=allowed), key)
    _, below, leaf = _chain(length)
    issuers = [authority.certificate for authority in below]
    outcome = _judge(_store(tmp_path, [root.certificate], issuers), leaf)
    assert outcome.status is status
    assert ("path-length-exceeded" in codes(outcome)) is (status is Status.REJECTED)
    assert _openssl_accepts(tmp_path, root.certificate, issuers, leaf) is (
        status is Status.VERIFIED
    )


def test_many_certificates_of_one_key_do_not_multiply_the_work(tmp_path):
    key = seeded_key("walk", "maze")
    request = _request("Maze", key)
    maze = [self_signed(replace(request, serial=bytes((n,))), key) for n in range(1, 9)]
    leaf = maze[0].issue(_request("leaf", seeded_key("walk", "leaf"), is_ca=False))
    store = _store(tmp_path, [_root().certificate])
    began = time.process_time()
    outcome = _judge(store, *(authority.certificate for authority in maze), leaf)
    assert "chain-too-long" in codes(outcome)
    # 64 signatures take a few milliseconds; 8 to the power of 8 of them take an hour.
    assert time.process_time() - began < 3


def test_a_root_that_lies_in_the_input_is_not_trusted_by_that(tmp_path):
    root, below, leaf = _chain(1)
    stranger = seeded_key("walk", "stranger")
    store = _store(tmp_path, [self_signed(_request("Other", stranger), stranger).certificate])
    outcome = _judge(store, below[0].certificate, root.certificate, leaf)
    assert outcome.status is Status.UNVERIFIED
    assert "issuer-unknown" in codes(outcome)


def _key_of(algorithm: str, *parameters: bytes, bits: bytes = bytes(57)) -> bytes:
    """A SubjectPublicKeyInfo of that kind; whoever looks at its kind alone accepts it."""
    kind = der.sequence(der.object_identifier(algorithm), *parameters)
    return der.sequence(kind, der.bit_string(bits))


def _curve(oid: str) -> bytes:
    return _key_of("1.2.840.10045.2.1", der.object_identifier(oid))


def _rsa(bits: int) -> bytes:
    numbers = der.sequence(der.integer(1 << bits - 1 | 1), der.integer(65537))
    return _key_of("1.2.840.113549.1.1.1", der.NULL, bits=numbers)


@pytest.mark.parametrize(
    ("spki", "status"),
    [
        (_curve("1.2.840.10045.3.1.1"), Status.REJECTED),
        (_curve("1.3.132.0.33"), Status.REJECTED),
        (_curve("1.3.132.0.26"), Status.REJECTED),
        (_rsa(1024), Status.REJECTED),
        (_rsa(2047), Status.REJECTED),
        (_rsa(2048), Status.VERIFIED),
        (_curve("1.3.132.0.10"), Status.VERIFIED),
        (_curve("1.3.132.0.35"), Status.VERIFIED),
        (_key_of("1.3.101.112"), Status.VERIFIED),
    ],
    ids=[
        "P-192",
        "P-224",
        "sect233k1",
        "RSA-1024",
        "RSA-2047",
        "RSA-2048",
        "secp256k1",
        "P-521",
        "Ed25519",
    ],
)
def test_a_key_that_is_too_short_is_rejected(tmp_path, spki: bytes, status: Status):
    root, request = _root(), _request("leaf", seeded_key("walk", "leaf"), is_ca=False)
    store = _store(tmp_path, [root.certificate])
    outcome = _judge(store, root.issue(replace(request, spki=spki)))
    assert outcome.status is status
    assert ("key-too-weak" in codes(outcome)) is (status is Status.REJECTED)


def test_an_expired_issuer_beside_does_not_hide_its_renewed_certificate(tmp_path):
    root = _root()
    key = seeded_key("walk", "renewed")
    request = _request("Renewed", key)
    old = subordinate(root, replace(request, not_after=datetime(2024, 1, 1, tzinfo=UTC)), key)
    new = subordinate(root, request, key)
    leaf = new.issue(_request("leaf", seeded_key("walk", "leaf"), is_ca=False))
    store = _store(tmp_path, [root.certificate], [new.certificate])
    outcome = _judge(store, old.certificate, leaf)
    assert isinstance(outcome, VerifiedDevice)
    assert [issuer.der for issuer in outcome.issuers] == [new.certificate]
    only_old = _judge(_store(tmp_path, [root.certificate]), old.certificate, leaf)
    assert "certificate-expired" in codes(only_old)


@pytest.mark.parametrize("order", [1, -1])
def test_a_renewed_root_with_the_same_key_is_used_where_the_old_one_has_ended(tmp_path, order):
    key = seeded_key("walk", "root")
    old = replace(_request("Walk Root", key), not_after=datetime(2024, 1, 1, tzinfo=UTC))
    _, below, leaf = _chain(1)
    roots = [self_signed(old, key).certificate, _root().certificate][::order]
    outcome = _judge(_store(tmp_path, roots, [below[0].certificate]), leaf)
    assert outcome.status is Status.VERIFIED


def test_a_revoked_key_stays_revoked_in_whatever_certificate_it_is_added(tmp_path):
    root, (issuer,), leaf = _chain(1)
    key, certificate = issuer.key, issuer.certificate
    (pinned,) = added_material([_file(tmp_path, certificate)], [], []).anchors
    revoked = TrustMaterial((replace(pinned, built_in=True, revoked="withdrawn"),))
    again = self_signed(_request("Level 0", key), key).certificate
    added = added_material([_file(tmp_path, again), _file(tmp_path, root.certificate)], [], [])
    outcome = _judge(TrustStore(revoked, added), certificate, leaf)
    assert outcome.status is Status.REJECTED
    assert "issuer-revoked" in codes(outcome)


def _file(folder: Path, certificate: bytes) -> Path:
    path = folder / f"{len(list(folder.iterdir()))}.der"
    path.write_bytes(certificate)
    return path


def test_a_chip_with_certificates_in_two_slots_is_two_verified_devices():
    vendor = microchip()
    device = vendor.device(77)
    signer = vendor.signer(1)
    second = vendor.device(77, signer=signer)
    key = seeded_key("walk", "slot")
    point = key.spki[-64:]
    request = vendor.device_request(device.unique_id, device.part, point, signer)
    other = signer.issue(replace(request, serial=vendor.serial("slot/3")))
    payload = make_payload(vendor, device, BARE_STYLE)
    extra = make_payload(vendor, replace(second, point=point, certificate=other), BARE_STYLE)
    (slot,) = extra["publicKeySet"]["keys"]
    payload["publicKeySet"]["keys"].append({**slot, "kid": "3"})
    outcomes = judge(manifest([sign_payload(payload, vendor.manifest_signer)]))
    assert [outcome.status for outcome in outcomes] == [Status.VERIFIED] * 2
    assert [outcome.record.object_id for outcome in outcomes] == ["0", "3"]
    assert {outcome.record.device_id for outcome in outcomes} == {device.unique_id}


# What openssl says of the same chains. It knows none of our rules about vendors and dates,
# so only chains whose fault RFC 5280 knows are compared.


def _openssl_accepts(folder: Path, root: bytes, issuers: Sequence[bytes], leaf: bytes) -> bool:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    names = ("root.pem", "issuers.pem", "leaf.pem")
    for name, chain in zip(names, ([root], issuers or [root], [leaf]), strict=True):
        (folder / name).write_text(pem(*chain))
    command = [openssl, "verify", "-no-CAfile", "-no-CApath", "-attime", f"{TODAY.timestamp():.0f}"]
    command += ["-partial_chain", "-trusted", "root.pem", "-untrusted", "issuers.pem", "leaf.pem"]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0


def _we_accept(folder: Path, root: bytes, issuers: Sequence[bytes], leaf: bytes) -> bool:
    return _judge(_store(folder, [root], issuers), leaf).status is Status.VERIFIED


def _agree(folder: Path, root: bytes, issuers: Sequence[bytes], leaf: bytes) -> bool:
    ours = _we_accept(folder, root, issuers, leaf)
    assert ours == _openssl_accepts(folder, root, issuers, leaf)
    return ours


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.part_number)
def test_openssl_agrees_on_genuine_microchip_chains(tmp_path, part: Part):
    device = microchip().device(1, part)
    assert _agree(tmp_path, microchip().root.certificate, [device.signer], device.certificate)


@pytest.mark.parametrize("chip_object", ChipObject)
def test_openssl_agrees_on_genuine_nxp_chains(tmp_path, chip_object: ChipObject):
    chip = nxp().chip(1, chip_object)
    accepted = [
        _agree(tmp_path, root.certificate, chip.issuers, chip.certificate) for root in nxp().roots
    ]
    assert accepted.count(True) == 1


@pytest.mark.parametrize("place", [0, 1])
def test_openssl_agrees_on_tampered_chains(tmp_path, place: int):
    device = microchip().device(1, MAHTN)
    chain = [device.certificate, device.signer]
    for position in range(40 + place, len(chain[place]), 61):
        changed = bytearray(chain[place])
        changed[position] ^= 0x10
        leaf, issuer = (bytes(changed) if n == place else der for n, der in enumerate(chain))
        try:
            ours = _we_accept(tmp_path, microchip().root.certificate, [issuer], leaf)
        except TrustError:
            ours = False
        assert not ours
        assert not _openssl_accepts(tmp_path, microchip().root.certificate, [issuer], leaf)


_OPENSSL_WOULD_ACCEPT = {"leaf_is_ca"}
"""Rules that RFC 5280 does not have: a leaf that is a CA is one for openssl, too."""


@pytest.mark.parametrize(
    "forger",
    [forger for forger in CHAIN_FORGERIES if forger.__name__ not in _OPENSSL_WOULD_ACCEPT],
    ids=lambda forger: forger.__name__,
)
def test_openssl_agrees_on_forged_chains(tmp_path, forger: Forger):
    entry = forger(microchip(), 4000).entries[-1]
    payload = orjson.loads(_decoded(entry["payload"]))
    (chain,) = [key["x5c"] for key in payload["publicKeySet"]["keys"] if "x5c" in key]
    leaf, *issuers = (_decoded(text) for text in chain)
    root = microchip().root.certificate
    assert not _openssl_accepts(tmp_path, root, issuers, leaf)
    (outcome,) = judge(manifest([entry]))
    assert outcome.status is Status.REJECTED


def _decoded(text: str) -> bytes:
    padded = text + "=" * (-len(text) % 4)
    return b64decode(padded.replace("-", "+").replace("_", "/"))


def _swapped(exponent: int) -> SigningKey:
    """An RSA key whose public exponent is as long as its modulus."""
    one = rsa.generate_private_key(exponent, 2048).private_numbers()
    public = rsa.RSAPublicNumbers(one.d, one.public_numbers.n)
    numbers = rsa.RSAPrivateNumbers(
        p=one.p,
        q=one.q,
        d=exponent,
        dmp1=rsa.rsa_crt_dmp1(exponent, one.p),
        dmq1=rsa.rsa_crt_dmq1(exponent, one.q),
        iqmp=one.iqmp,
        public_numbers=public,
    )
    return SigningKey(numbers.private_key(unsafe_skip_rsa_key_validation=True), "sha256")


def test_a_key_that_is_made_to_be_slow_is_not_tried():
    key = _swapped(65537)
    certificate = read_certificate(self_signed(_request("slow", key), key).certificate)
    key.private.public_key().verify(
        certificate.signature, certificate.tbs, padding.PKCS1v15(), hashes.SHA256()
    )
    assert not certificate_verifies(certificate, certificate.public_key)
