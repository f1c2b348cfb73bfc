"""Results as files: nobody's is written over by another's, and each is given for what it is."""

import json
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.provisioning.fleet_service import Signer, board
from tng.csr.issuing import IssuedCertificate
from tng.csr.model import RequestedDevice
from tng.errors import OutputError
from tng.issuing.folder import CertificateFolder
from tng.provisioning.saving import ResultFolder

SIGNER = Signer()


def called(number: int, name: str) -> RequestedDevice:
    device = board(number)
    return replace(device, record=replace(device.record, device_id=name))


def issued(device: RequestedDevice, thing: str = "thing", signer: Signer = SIGNER):
    certificate = signer.sign(x509.load_der_x509_csr(device.request.der).public_key())
    pem = certificate.public_bytes(Encoding.PEM).decode()
    identity = sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
    return IssuedCertificate(pem, identity, thing, (("Network", "of the factory"),))


def same(made: IssuedCertificate) -> IssuedCertificate:
    """As it is given in a later run."""
    return replace(made, already=True)


def without_document(made: IssuedCertificate) -> IssuedCertificate:
    return IssuedCertificate(made.pem, made.certificate_id, already=True)


def names(folder) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_what_was_saved_is_given_again_and_is_nobody_elses_to_read(tmp_path):
    device = called(1, "X")
    made = issued(device)
    path = ResultFolder(tmp_path).save(device, made)
    assert path == tmp_path / "X.pem"
    assert path.read_text() == made.pem
    assert ResultFolder(tmp_path).load(device, made.certificate_id) == same(made)
    assert ResultFolder(tmp_path).save(device, made) == path
    assert names(tmp_path) == {"X.pem", "X.json"}
    assert stat.S_IMODE(path.with_suffix(".json").stat().st_mode) == 0o600


def test_two_targets_in_one_folder_have_a_result_each_and_a_person_is_told(tmp_path):
    device, told = called(1, "X"), []
    folder = ResultFolder(tmp_path, told.append)
    first, second = issued(device, "in one"), issued(device, "in the other", Signer())
    folder.save(device, first)
    assert not told
    path = folder.save(device, second)
    assert path == tmp_path / f"X-{second.certificate_id[:16]}.pem"
    (sentence,) = told
    assert second.certificate_id in sentence
    assert sentence.endswith(str(path))
    assert folder.load(device, first.certificate_id) == same(first)
    assert folder.load(device, second.certificate_id) == same(second)
    assert folder.load(device, "0" * 64) is None


def test_a_request_registered_into_the_folder_of_provisioning_gets_a_file_of_its_own(tmp_path):
    device = called(1, "X")
    provisioned, registered = issued(device), issued(device)
    folder = ResultFolder(tmp_path)
    folder.save(device, provisioned)
    keeper = CertificateFolder(tmp_path, {device.request.key: "X"})
    keeper.keep(device.request.key, registered.certificate_id, registered.pem)
    assert names(tmp_path) == {"X.pem", "X.json", f"X-{registered.certificate_id[:16]}.pem"}
    assert folder.load(device, provisioned.certificate_id) == same(provisioned)
    assert keeper.has(device.request.key, registered.certificate_id)


def test_provisioning_into_the_folder_of_registered_requests_leaves_them(tmp_path):
    device = called(1, "X")
    registered, provisioned = issued(device), issued(device)
    keeper = CertificateFolder(tmp_path, {device.request.key: "X"})
    keeper.keep(device.request.key, registered.certificate_id, registered.pem)
    folder = ResultFolder(tmp_path)
    path = folder.save(device, provisioned)
    assert names(tmp_path) == {"X.pem", path.name, path.with_suffix(".json").name}
    assert keeper.has(device.request.key, registered.certificate_id)
    assert folder.load(device, provisioned.certificate_id) == same(provisioned)


def test_a_swapped_file_of_the_same_key_is_not_given(tmp_path):
    device = called(1, "X")
    made, foreign = issued(device), issued(device, signer=Signer())
    folder = ResultFolder(tmp_path)
    path = folder.save(device, made)
    path.write_text(foreign.pem)
    assert folder.load(device, made.certificate_id) is None


def test_a_certificate_of_another_key_is_not_given_whatever_its_id(tmp_path):
    made = issued(called(2, "X"))
    folder = ResultFolder(tmp_path)
    folder.save(called(1, "X"), made)
    assert folder.load(called(1, "X"), made.certificate_id) is None


@pytest.mark.parametrize(
    "change",
    [
        {"certificate_id": "0" * 64},
        {"public_key_sha256": "0" * 64},
        {"device_configuration": [1], "thing_name": None},
    ],
    ids=str,
)
def test_a_document_that_disagrees_with_its_certificate_is_not_believed(tmp_path, change):
    device = called(1, "X")
    made = issued(device)
    folder = ResultFolder(tmp_path)
    document = folder.save(device, made).with_suffix(".json")
    document.write_text(json.dumps({**json.loads(document.read_text()), **change}))
    assert folder.load(device, made.certificate_id) == without_document(made)


@pytest.mark.parametrize("content", ["", "[]", "[" * 5000, "\0", "{" + " " * 2_000_000 + "}"])
def test_a_document_that_is_none_is_left_out_of_account(tmp_path, content):
    device = called(1, "X")
    made = issued(device)
    folder = ResultFolder(tmp_path)
    folder.save(device, made).with_suffix(".json").write_text(content)
    assert folder.load(device, made.certificate_id) == without_document(made)


def test_a_document_that_was_left_alone_is_not_changed(tmp_path):
    device = called(1, "X")
    left, made = issued(device), issued(device)
    folder = ResultFolder(tmp_path)
    folder.save(device, left).unlink()
    path = folder.save(device, made)
    assert path.name == f"X-{made.certificate_id[:16]}.pem"
    assert json.loads((tmp_path / "X.json").read_text())["certificate_id"] == left.certificate_id
    assert folder.load(device, made.certificate_id) == same(made)


def test_a_key_that_came_under_another_id_is_found_by_that(tmp_path):
    made = issued(called(1, "0123"))
    folder = ResultFolder(tmp_path)
    folder.save(called(1, "0123"), made)
    device = called(1, "board")
    assert folder.load(device, made.certificate_id) is None
    assert folder.load(device, made.certificate_id, ["elsewhere", "0123"]) == same(made)
    assert folder.load(device, made.certificate_id, ["../" + tmp_path.name + "/0123"]) is None


def test_two_keys_of_one_name_have_a_result_each(tmp_path):
    folder = ResultFolder(tmp_path)
    devices = [called(number, "X") for number in (1, 2, 3)]
    made = {device: issued(device) for device in devices}
    assert len({folder.save(device, made[device]) for device in devices}) == 3
    for device in devices:
        assert folder.load(device, made[device].certificate_id) == same(made[device])


def test_where_every_name_is_taken_nothing_is_left_behind(tmp_path):
    device = called(1, "X")
    made = issued(device)
    taken = {"X", f"X-{made.certificate_id[:16]}", f"X-{made.certificate_id}"}
    for name in taken:
        (tmp_path / f"{name}.pem").mkdir()
    with pytest.raises(OutputError, match="something else is there"):
        ResultFolder(tmp_path).save(device, made)
    assert names(tmp_path) == {f"{name}.pem" for name in taken}


def test_benches_that_save_one_name_at_once_all_keep_their_results(tmp_path):
    devices = [called(number, "X") for number in range(1, 7)]
    barrier = threading.Barrier(len(devices))

    def bench(device):
        result = issued(device)
        barrier.wait()
        ResultFolder(tmp_path).save(device, result)
        return ResultFolder(tmp_path).load(device, result.certificate_id) == same(result)

    with ThreadPoolExecutor(len(devices)) as pool:
        assert all(pool.map(bench, devices))
