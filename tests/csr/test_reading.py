"""Requests in whatever they come in: forms of files, positions, bounds, duplicates."""

import base64
import gzip
import json
import shutil
import subprocess
import zipfile
from io import BytesIO

import pytest

from tests.csr.asking import fingerprint, key, pem, request
from tng.csr.model import RequestedDevice
from tng.csr.pem import to_pem
from tng.csr.reading import MAX_REQUESTS, RequestScan, read_request
from tng.errors import InputError
from tng.models import RejectedDevice, Source, Undecodable

HERE = Source("bench", line=7)


def scan(*names, stdin=b"", limit=MAX_REQUESTS):
    made = RequestScan([str(name) for name in names], BytesIO(stdin), limit=limit)
    return list(made.outcomes()), made.inputs


def one(octets: bytes):
    """The one outcome of stdin, which has to be what `read_request` says too."""
    (outcome,), _ = scan("-", stdin=octets)
    alone = read_request(octets, outcome.record.source)
    assert alone == outcome
    return outcome


def codes(outcome):
    return [item.code for item in outcome.findings]


def armoured(text: str, *, label="CERTIFICATE REQUEST") -> bytes:
    return text.replace("CERTIFICATE REQUEST", label).encode()


@pytest.mark.parametrize(
    "octets",
    [
        pem().encode(),
        armoured(pem(), label="NEW CERTIFICATE REQUEST"),
        pem().replace("\n", "\r\n").encode(),
        pem().replace("\n", "\r\r\n").encode(),
        f"boot\nCSR follows\n{pem()}\nwaiting".encode(),
        "".join(f"12:00:01.123 -> {line}\n" for line in pem().splitlines()).encode(),
        b"\xef\xbb\xbf" + pem().encode(),
        pem().encode("utf-16"),
        request(),
        request() + bytes(1000),
        base64.b64encode(request()),
        base64.encodebytes(request()),
        b"my request:\n" + base64.encodebytes(request()) + b"\nthanks",
        json.dumps({"csr": pem()}).encode(),
        to_pem(request() + bytes(64)).encode(),
        gzip.compress(pem().encode()),
    ],
)
def test_a_request_is_found_in_every_form(octets):
    (outcome,), (summary,) = scan("-", stdin=octets)
    assert isinstance(outcome, RequestedDevice)
    assert outcome.request.der == request()
    assert outcome.request.key == fingerprint(key())
    assert outcome.record.device_id == outcome.request.common_name == "board-1"
    assert outcome.record.leaf is None
    assert (summary.path, summary.kind, summary.entries) == ("-", "csr", 1)
    assert len(summary.sha256) == 64


def test_what_comes_out_is_one_block_of_strict_pem():
    octets = request()
    found = one(b"noise\n" + to_pem(octets).replace("\n", "\r\n").encode())
    assert found.request.pem == to_pem(octets)
    assert read_request(found.request.pem.encode(), HERE).request == found.request


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_what_openssl_shows_and_writes_is_read(tmp_path):
    (tmp_path / "a.csr").write_text(pem(subject="CN=a,O=Example"))
    shown = subprocess.run(
        ["openssl", "req", "-in", tmp_path / "a.csr", "-text"], capture_output=True, check=True
    )
    found = one(shown.stdout)
    assert found.request.subject == "CN=a,O=Example"
    assert found.record.source.line > 10


def test_several_requests_of_a_text_have_their_lines():
    texts = [pem(key(number=number), f"CN=board-{number}") for number in range(3)]
    length = texts[0].count("\n")
    outcomes, (summary,) = scan("-", stdin="\n".join(texts).encode())
    assert [item.record.device_id for item in outcomes] == ["board-0", "board-1", "board-2"]
    assert [item.record.source.line for item in outcomes] == [1, length + 2, 2 * length + 3]
    assert summary.entries == 3


def test_folders_zips_and_globs_are_opened_in_order(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "b.csr").write_text(pem(key(number=1), "CN=b"))
    (tmp_path / "folder" / "a.der").write_bytes(request(key(number=0), "CN=a"))
    with zipfile.ZipFile(tmp_path / "more.zip", "w") as archive:
        archive.writestr("../c.csr", pem(key(number=2), "CN=c"))
    outcomes, inputs = scan(tmp_path / "folder", tmp_path / "*.zip")
    assert [item.record.device_id for item in outcomes] == ["a", "b", "c"]
    assert str(outcomes[2].record.source) == f"{tmp_path}/more.zip!../c.csr line 1"
    assert [item.kind for item in inputs] == ["csr", "csr", "zip", "csr"]
    assert sorted(tmp_path.iterdir()) == [tmp_path / "folder", tmp_path / "more.zip"]


def test_a_source_that_does_not_exist_is_said_at_once(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        RequestScan([str(tmp_path / "none")], BytesIO())


@pytest.mark.parametrize(
    ("octets", "code", "words"),
    [
        (b"", "input-empty", "no bytes"),
        (b"\0 \n\0", "input-empty", "nothing"),
        (b"hello", "csr-unreadable", "begins with b'hello'"),
        (b"\xff\xfe\x00", "csr-unreadable", "begins with"),
        (
            b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
            "csr-unreadable",
            "but: CERTIFICATE",
        ),
        (b"-----BEGIN CERTIFICATE REQUEST-----", "csr-unreadable", "no base64"),
        (armoured("-----BEGIN CERTIFICATE REQUEST-----\n***\n-----END CERTIFICATE REQUEST-----"),
         "csr-unreadable", "no base64"),
        (pem().encode()[:200], "csr-unreadable", "bytes of the request are missing"),
        (base64.b64encode(request())[:200], "csr-unreadable", "bytes of the request are missing"),
        (request()[:100], "csr-unreadable", "bytes of the request are missing"),
        (request() + b"\0\1", "csr-unreadable", "neither all zero"),
        (request() + bytes(100_000), "csr-unreadable", "more than 65536"),
        (b"\x30\x82\xff\xff" + bytes(65535), "csr-unreadable", ""),
        (to_pem(request() + b"x").encode(), "csr-unreadable", "neither all zero"),
    ],
)  # fmt: skip
def test_what_is_no_request_is_said_and_never_raised(octets, code, words):
    (outcome,), (summary,) = scan("-", stdin=octets)
    assert isinstance(outcome, Undecodable)
    assert codes(outcome) == [code]
    assert words in outcome.findings[0].message
    assert summary.kind in {"unrecognised", "unreadable"}
    assert isinstance(read_request(octets, HERE), Undecodable)


def test_other_blocks_of_a_file_are_left_alone():
    secret = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----\n"
    found = one((secret + pem() + secret).encode())
    assert isinstance(found, RequestedDevice)
    assert found.record.source.line == 4


def test_one_bad_request_never_stops_the_others():
    texts = [pem(key(number=n), f"CN={n}") for n in range(3)]
    texts[1] = texts[1].replace("M", "*", 1)[:150] + "\n"
    outcomes, _ = scan("-", stdin="".join(texts).encode())
    assert [type(item).__name__ for item in outcomes] == [
        "RequestedDevice", "Undecodable", "RequestedDevice",
    ]  # fmt: skip


def test_a_device_reset_in_the_middle_begins_again():
    text = pem()
    outcomes, _ = scan("-", stdin=(text[:200] + "\nrst:0x1 boot\n" + text).encode())
    assert [type(item).__name__ for item in outcomes] == ["Undecodable", "RequestedDevice"]


def test_no_more_requests_are_read_than_the_limit():
    text = "".join(pem(key(number=number)) for number in range(3))
    outcomes, (summary,) = scan("-", stdin=text.encode(), limit=2)
    assert [type(item).__name__ for item in outcomes] == [
        "RequestedDevice", "RequestedDevice", "Undecodable",
    ]  # fmt: skip
    assert "first 2" in outcomes[2].findings[0].message
    assert summary.entries == 3


@pytest.mark.parametrize(
    "line",
    [
        b"-----BEGIN CERTIFICATE REQUEST-----\n",
        b"MIIBATCB+wIBADCB\n",
        b"A" * 64 + b"\n",
        b"-----BEGIN A-----\n",
        b"x" * 4096,
    ],
)
def test_endless_beginnings_take_bounded_memory_and_are_over(line):
    outcomes, _ = scan("-", stdin=line * (4_000_000 // len(line)), limit=100)
    assert 0 < len(outcomes) <= 101
    assert all(isinstance(item, Undecodable) for item in outcomes)


def test_a_block_that_never_ends_is_told_once():
    text = b"-----BEGIN CERTIFICATE REQUEST-----\n" + (b"A" * 64 + b"\n") * 5000
    (outcome,), _ = scan("-", stdin=text)
    assert "longer than requests" in outcome.findings[0].message


def test_the_same_request_twice_is_one_device(tmp_path):
    (tmp_path / "a.csr").write_text(pem())
    (tmp_path / "b.csr").write_text(pem(subject="CN=other"))
    (tmp_path / "c.csr").write_text((tmp_path / "a.csr").read_text())
    (first, other, same), _ = scan(tmp_path)
    assert isinstance(first, RequestedDevice)
    for outcome, words in ((other, "another request of the same key"), (same, "the same request")):
        assert isinstance(outcome, RejectedDevice)
        assert codes(outcome) == ["csr-key-duplicate"]
        assert outcome.findings[0].message == f"{words} stands in {tmp_path}/a.csr line 1"


def test_a_forged_request_pushes_no_genuine_one_out():
    octets = bytearray(request())
    octets[-1] ^= 1
    (forged, genuine), _ = scan("-", stdin=(to_pem(bytes(octets)) + pem()).encode())
    assert codes(forged) == ["csr-signature-invalid"]
    assert isinstance(genuine, RequestedDevice)


def test_who_holds_one_request_is_told_of_a_second():
    outcome = read_request((pem() + pem(key(number=1))).encode(), HERE)
    assert isinstance(outcome, Undecodable)
    assert "more than one" in outcome.findings[0].message
    assert outcome.source == HERE


def test_who_holds_too_much_is_told_so():
    assert "no single request" in read_request(b"a" * 2_000_000, HERE).findings[0].message
