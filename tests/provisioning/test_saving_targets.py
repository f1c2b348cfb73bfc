"""One key on two targets whose results go to one folder, in one run after another."""

from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.provisioning.benches import Workplace
from tests.provisioning.fleet_service import FleetAnswers, Signer, board, fleet_server
from tng.csr.issuing import IssuedCertificate, IssuingRefused
from tng.csr.model import RequestedDevice


class Target(Workplace):
    """A workplace with a ledger of its own, and the folder that all of them have."""

    @property
    def certificates(self) -> Path:
        return self.folder.parent / "certificates"


@pytest.fixture
def targets(tmp_path) -> tuple[Target, Target]:
    made = Target(tmp_path / "eu"), Target(tmp_path / "us")
    for target in made:
        target.folder.mkdir()
    return made


def issue(
    target: Target, answers: FleetAnswers, device: RequestedDevice
) -> IssuedCertificate | IssuingRefused:
    with fleet_server(answers) as port, target.issuer(port) as issuer:
        return issuer.issue(device)


def test_each_target_gives_its_own_certificate_again(targets):
    services = FleetAnswers(), FleetAnswers()
    for _ in range(2):
        results = [
            issue(target, answers, board(1))
            for target, answers in zip(targets, services, strict=True)
        ]
        assert [result.certificate_id for result in results] == [
            answers.created[0] for answers in services
        ]
    assert [result.already for result in results] == [True, True]
    name = board(1).record.device_id
    assert {path.name for path in targets[0].certificates.glob("*.pem")} == {
        f"{name}.pem",
        f"{name}-{services[1].created[0][:16]}.pem",
    }


def test_a_file_that_was_swapped_for_one_of_another_issuer_is_not_sent_to_the_device(targets):
    target, answers = targets[0], FleetAnswers()
    device = board(1)
    first = issue(target, answers, device)
    assert isinstance(first, IssuedCertificate)
    key = x509.load_der_x509_csr(device.request.der).public_key()
    foreign = Signer().sign(key).public_bytes(Encoding.PEM)
    (path,) = target.certificates.glob("*.pem")
    path.write_bytes(foreign)
    again = issue(target, answers, device)
    assert isinstance(again, IssuingRefused) or again.pem == first.pem
    assert path.read_bytes() == foreign
    assert len(answers.created) == 1
