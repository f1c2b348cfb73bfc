"""The genuine samples get the outcomes that their vendors' documents promise."""

import pytest

from tests.judging import codes, judge, verifier
from tests.shared_material import shared
from tng.models import Outcome, Status
from tng.trust.added import added_material
from tng.trust.builtin import built_in_material
from tng.trust.store import TrustStore


def _judge(*parts: str, **options: object) -> list[Outcome]:
    return judge(shared("samples", *parts).read_bytes(), _genuine(**options))


def _genuine(*, signers=(), strict: bool = False):
    store = TrustStore(built_in_material(), added_material([], signers, []))
    return verifier(store=store, strict=strict)


def test_every_entry_of_the_tngtlsu_manifest_is_verified():
    outcomes = _judge("microchip", "ECC608C-TNGTLSU-B.json", strict=True)
    assert [outcome.status for outcome in outcomes] == [Status.VERIFIED] * 10
    assert {outcome.anchor.id for outcome in outcomes} == {"microchip-root-ca-002"}
    assert all("printable-string-illegal-character" in codes(outcome) for outcome in outcomes)


def test_the_lite_example_is_attested_and_refused_where_strict():
    name = ("microchip", "lite-v2-documentation-example.json")
    (outcome,) = _judge(*name)
    assert outcome.status is Status.ATTESTED
    assert "manifest-time-outside-signer" in codes(outcome)
    (strict,) = _judge(*name, strict=True)
    assert strict.status is Status.REJECTED


def test_the_early_manifest_is_unverified_until_its_signer_is_added():
    name = ("microchip", "TNGLORA-MAHTN-early.json")
    (before,) = _judge(*name)
    assert before.status is Status.UNVERIFIED
    assert "manifest-signer-unknown" in codes(before)
    signers = list(shared("trust", "manifest-signers").glob("MCHP_Log_Signer_Test*"))
    (after,) = _judge(*name, signers=signers)
    assert after.status is Status.VERIFIED
    assert after.signer
    assert not after.signer.built_in


@pytest.mark.parametrize(
    "name",
    [
        "esp32-serial-crcrlf-ansi.log",
        "one-line.pem",
        "ssscli-get-bin-zero-padded.der",
        "ssscli-session.txt",
    ],
)
def test_the_attestation_leaf_is_verified_and_said_to_be_one(name: str):
    outcome = _judge("nxp", name)[0]
    assert outcome.status is Status.VERIFIED
    assert "nxp-attestation-object" in codes(outcome)
    assert outcome.anchor.id == "nxp-root-e506"


def test_the_truncated_log_is_undecodable_and_says_where():
    outcomes = _judge("nxp", "esp32-serial-truncated.log")
    assert Status.VERIFIED not in {outcome.status for outcome in outcomes}
    assert any("dump-truncated" in codes(outcome) for outcome in outcomes)


def test_every_byte_of_a_genuine_entry_flipped_is_never_verified():
    data = shared("samples", "microchip", "TNGLORA-MAHTN-early.json").read_bytes()
    signers = list(shared("trust", "manifest-signers").glob("MCHP_Log_Signer_Test*"))
    by = _genuine(signers=signers)
    for member in (b'"payload"', b'"protected"', b'"signature"'):
        begin = data.index(b'"', data.index(member) + len(member)) + 1
        for position in range(begin, data.index(b'"', begin)):
            changed = data[:position] + bytes((data[position] ^ 1,)) + data[position + 1 :]
            statuses = {outcome.status for outcome in judge(changed, by)}
            assert Status.VERIFIED not in statuses, position
