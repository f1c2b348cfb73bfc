"""Certificates as files: where they go, and what they never touch."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.planned_devices import leaf
from tests.provisioning.fleet_service import Signer
from tests.requested_devices import private_key
from tng.errors import OutputError
from tng.exit_codes import ExitCode
from tng.issuing.folder import CertificateFolder, CertificateLostError
from tng.x509.pem import certified_key, to_pem

SIGNER = Signer()


def certified(certificate):
    """The id and the PEM of a certificate that was just made."""
    octets = certificate.public_bytes(Encoding.DER)
    return sha256(octets).hexdigest(), to_pem(octets)


def pem(number):
    return to_pem(leaf(number).der)


def key(number):
    return certified_key(pem(number)) or ""


def kept(folder, names, *numbers):
    """The folder's files, after these certificates were kept."""
    opened = CertificateFolder(folder, names)
    opened.prepare()
    for number in numbers:
        assert not opened.has(key(number), leaf(number).sha256)
        opened.keep(key(number), leaf(number).sha256, pem(number))
        assert opened.has(key(number), leaf(number).sha256)
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_a_certificate_is_called_as_its_device(tmp_path):
    assert kept(tmp_path / "new", {key(1): "sn0123"}, 1) == {"sn0123.pem": pem(1)}


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("../../outside", "outside.pem"),
        ("/etc/passwd", "etc_passwd.pem"),
        ("..", "device.pem"),
        ("a:b c\0d\n", "a_b_c_d_.pem"),
        ("-rf", "rf.pem"),
        ("x" * 500, "x" * 120 + ".pem"),
    ],
)
def test_no_name_leads_out_of_the_folder(tmp_path, name, file):
    assert list(kept(tmp_path / "in", {key(1): name}, 1)) == [file]
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_names_that_would_be_one_file_have_their_certificates_in_them(tmp_path):
    names = {key(1): "a/b", key(2): "A_b", key(3): "c"}
    files = kept(tmp_path, names, 1, 2, 3)
    assert files == {
        f"a_b-{leaf(1).sha256[:16]}.pem": pem(1),
        f"A_b-{leaf(2).sha256[:16]}.pem": pem(2),
        "c.pem": pem(3),
    }


def test_a_device_whose_name_another_one_shares_later_keeps_its_file(tmp_path):
    kept(tmp_path, {key(1): "X"}, 1)
    names = {key(1): "X", key(2): "x"}
    assert CertificateFolder(tmp_path, names).has(key(1), leaf(1).sha256)
    assert kept(tmp_path, names, 2) == {
        "X.pem": pem(1),
        f"x-{leaf(2).sha256[:16]}.pem": pem(2),
    }


def test_what_is_somebody_elses_stays(tmp_path):
    (tmp_path / "one.pem").write_text(pem(2))
    (tmp_path / "two.pem").write_text("no certificate")
    (tmp_path / "three.pem").mkdir()
    (tmp_path / "four.json").write_text('{"certificate_id": "of somebody else"}')
    names = {key(1): "one", key(3): "two", key(4): "three", key(5): "four"}
    folder = CertificateFolder(tmp_path, names)
    for number in (1, 3, 4, 5):
        folder.keep(key(number), leaf(number).sha256, pem(number))
        assert folder.has(key(number), leaf(number).sha256)
    assert (tmp_path / "one.pem").read_text() == pem(2)
    assert (tmp_path / "two.pem").read_text() == "no certificate"
    assert (tmp_path / f"three-{leaf(4).sha256[:16]}.pem").read_text() == pem(4)
    assert not (tmp_path / "four.pem").exists()


def test_two_certificates_of_one_key_have_a_file_each_and_a_person_is_told(tmp_path):
    first, second = (SIGNER.sign(private_key(1).public_key()) for _ in range(2))
    told = []
    folder = CertificateFolder(tmp_path, {"key": "one"}, told.append)
    for certificate in (first, second):
        identity, text = certified(certificate)
        folder.keep("key", identity, text)
        folder.keep("key", identity, text)
        assert folder.has("key", identity)
    (first_id, first_text), (second_id, second_text) = certified(first), certified(second)
    further = tmp_path / f"one-{second_id[:16]}.pem"
    assert {path: path.read_text() for path in tmp_path.iterdir()} == {
        tmp_path / "one.pem": first_text,
        further: second_text,
    }
    assert folder.has("key", first_id)
    assert set(told) == {f"the name one.pem is taken: the certificate {second_id} is in {further}"}


def test_a_file_that_was_swapped_for_one_of_the_same_key_is_not_taken_for_it(tmp_path):
    identity, text = certified(SIGNER.sign(private_key(1).public_key()))
    _, foreign = certified(Signer().sign(private_key(1).public_key()))
    folder = CertificateFolder(tmp_path, {"key": "one"})
    folder.keep("key", identity, text)
    (tmp_path / "one.pem").write_text(foreign)
    assert not folder.has("key", identity)
    folder.keep("key", identity, text)
    assert folder.has("key", identity)
    assert (tmp_path / "one.pem").read_text() == foreign


def test_a_file_with_more_than_the_certificate_is_not_it(tmp_path):
    (tmp_path / "one.pem").write_text(pem(1) + pem(2))
    assert not CertificateFolder(tmp_path, {key(1): "one"}).has(key(1), leaf(1).sha256)


@pytest.mark.parametrize("apart", [False, True], ids=["one run", "a bench's, one by one"])
def test_a_name_with_the_certificate_of_another_device_in_it_makes_nobody_lose_one(tmp_path, apart):
    names = {key(1): f"X-{leaf(3).sha256[:16]}", key(2): "X", key(3): "X"}
    together = CertificateFolder(tmp_path, names)
    for number in (1, 2, 3):
        own = {key(number): names[key(number)]}
        folder = CertificateFolder(tmp_path, own) if apart else together
        folder.keep(key(number), leaf(number).sha256, pem(number))
    assert {path.read_text() for path in tmp_path.iterdir()} == {pem(1), pem(2), pem(3)}
    again = CertificateFolder(tmp_path, names)
    assert all(again.has(key(number), leaf(number).sha256) for number in (1, 2, 3))


def test_benches_that_write_one_name_at_once_all_keep_their_certificates(tmp_path):
    numbers = range(1, 9)
    barrier = threading.Barrier(len(numbers))

    def bench(number):
        folder = CertificateFolder(tmp_path, {key(number): "X"})
        barrier.wait()
        folder.keep(key(number), leaf(number).sha256, pem(number))
        return folder.has(key(number), leaf(number).sha256)

    with ThreadPoolExecutor(len(numbers)) as pool:
        assert all(pool.map(bench, numbers))
    assert {path.read_text() for path in tmp_path.iterdir()} == {pem(n) for n in numbers}


def test_a_link_is_never_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("untouched")
    inside = tmp_path / "in"
    inside.mkdir()
    for name in ("one.pem", f"one-{leaf(1).sha256[:16]}.pem"):
        (inside / name).symlink_to(outside)
    folder = CertificateFolder(inside, {key(1): "one"})
    folder.keep(key(1), leaf(1).sha256, pem(1))
    assert outside.read_text() == "untouched"
    assert folder.has(key(1), leaf(1).sha256)


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "one.pem")
    folder = CertificateFolder(tmp_path, {key(1): "one"})
    assert not folder.has(key(1), leaf(1).sha256)


def test_nothing_half_written_is_left_and_the_run_ends_as_partly_done(tmp_path):
    for name in ("one", f"one-{leaf(1).sha256[:16]}", f"one-{leaf(1).sha256}"):
        (tmp_path / f"{name}.pem").mkdir()
    folder = CertificateFolder(tmp_path, {key(1): "one"})
    with pytest.raises(CertificateLostError) as caught:
        folder.keep(key(1), leaf(1).sha256, pem(1))
    assert caught.value.exit_code is ExitCode.PARTIAL
    assert all(path.is_dir() for path in tmp_path.iterdir())


def test_a_folder_that_cannot_be_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot be written to"):
        CertificateFolder(tmp_path / "file", {}).prepare()


def test_parts_of_processes_that_died_go_and_nothing_else(tmp_path):
    dead, young = tmp_path / f".tng-{1:016x}", tmp_path / f".tng-{2:016x}"
    others = [tmp_path / ".tng-notes", tmp_path / f"x.tng-{3:016x}", tmp_path / f".tng-{4:016x}"]
    for path in (dead, young, *others[:2]):
        path.touch()
    others[2].mkdir()
    link = tmp_path / f".tng-{5:016x}"
    link.symlink_to(tmp_path / "outside")
    for path in (dead, *others, link):
        os.utime(path, (1e9, 1e9), follow_symlinks=False)
    CertificateFolder(tmp_path, {}).prepare()
    assert set(tmp_path.iterdir()) == {young, *others, link}
