"""A certificate's id is the SHA-256 of its DER: what comes under another one is not used."""

import pytest

from tests.clouds.aws.conftest import call_at_once
from tests.planned_devices import leaf
from tng.clouds.aws.certificates import CertificateReader
from tng.clouds.aws.issued import IssuedTable, NoIssuedMemory
from tng.clouds.aws.issuing import CertificateIssuing
from tng.clouds.interface import ISSUE, AttentionStep, DoneStep
from tng.plan.models import Step
from tng.x509.pem import certified_key, to_pem

PEM = to_pem(leaf(1).der)
KEY = certified_key(PEM) or ""
OTHER_ID = "ab" * 32


class Account:
    """Answers with the certificate of chip 1 under the id that it is given."""

    def __init__(self, certificate_id):
        self.certificate_id = certificate_id

    def call(self, operation, request):
        if operation == ISSUE:
            return {"certificateId": self.certificate_id, "certificatePem": PEM}
        assert operation == "DescribeCertificate"
        return {"certificateDescription": {"status": "ACTIVE", "certificatePem": PEM}}


class Folder:
    """What is kept, and has nothing at first."""

    def __init__(self):
        self.kept = []

    def has(self, key, certificate_id):
        return False

    def keep(self, key, certificate_id, pem):
        self.kept.append(certificate_id)


def issuing(account, folder, table):
    reader = CertificateReader(account, call_at_once)
    return CertificateIssuing(
        account, reader, table, NoIssuedMemory(), folder, "target", lambda: None
    )


@pytest.mark.parametrize("known", [False, True], ids=["made", "found"])
@pytest.mark.parametrize("certificate_id", [leaf(1).sha256, OTHER_ID])
def test_a_certificate_under_another_id_is_not_used(known, certificate_id):
    folder, table = Folder(), IssuedTable()
    if known:
        table.learn(KEY, certificate_id)
    result = issuing(Account(certificate_id), folder, table).perform(Step(ISSUE, KEY, {}))
    if certificate_id == leaf(1).sha256:
        assert isinstance(result, DoneStep)
        assert folder.kept == [certificate_id]
        return
    assert isinstance(result, AttentionStep)
    assert f"the certificate {leaf(1).sha256} (SHA-256 of its DER)" in result.reason
    assert f"under the id {OTHER_ID}" in result.reason
    assert folder.kept == []


def test_nor_is_it_delivered_later():
    folder, table = Folder(), IssuedTable()
    table.learn(KEY, OTHER_ID)
    issuing(Account(OTHER_ID), folder, table).redeliver(KEY)
    assert folder.kept == []
