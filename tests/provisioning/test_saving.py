"""Results as files: nobody's is written over by another's."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.provisioning.fleet_service import Signer, board
from tng.csr.issuing import IssuedCertificate
from tng.csr.model import RequestedDevice
from tng.provisioning.saving import ResultFolder

SIGNER = Signer()


def called(number: int, name: str) -> RequestedDevice:
    device = board(number)
    return replace(device, record=replace(device.record, device_id=name))


def issued(device: RequestedDevice) -> IssuedCertificate:
    certificate = SIGNER.sign(x509.load_der_x509_csr(device.request.der).public_key())
    pem = certificate.public_bytes(Encoding.PEM).decode()
    return IssuedCertificate(pem, device.request.key, device.record.device_id)


def test_a_name_with_the_key_of_another_device_in_it_makes_nobody_lose_a_result(tmp_path):
    folder = ResultFolder(tmp_path)
    digits = board(3).request.key[:16]
    devices = [called(1, f"X-{digits}"), called(2, "X"), called(3, "X")]
    made = {device: issued(device) for device in devices}
    paths = {folder.save(device, made[device]) for device in devices}
    assert len(paths) == 3
    for device in devices:
        found = folder.load(device)
        assert found is not None
        assert (found.pem, found.certificate_id) == (made[device].pem, device.request.key)
    assert folder.save(devices[2], made[devices[2]]) in paths


def test_benches_that_save_one_name_at_once_all_keep_their_results(tmp_path):
    devices = [called(number, "X") for number in range(1, 7)]
    barrier = threading.Barrier(len(devices))

    def bench(device):
        result = issued(device)
        barrier.wait()
        ResultFolder(tmp_path).save(device, result)
        found = ResultFolder(tmp_path).load(device)
        return found is not None and found.certificate_id == device.request.key

    with ThreadPoolExecutor(len(devices)) as pool:
        assert all(pool.map(bench, devices))
