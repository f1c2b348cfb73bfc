"""Reports from strangers: read whole and exactly, or refused with a reason, in bounded memory."""

import gzip
import io
import json
import os
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from tests.audit.reports import report_members, write_members, write_report
from tests.audit.sample import sample_audit, sample_device
from tests.commands import run_tng
from tests.judging import MANIFESTS, MICROCHIP_TRUST
from tng.audit.report_file import ReportFile
from tng.audit.report_stream import READ_BYTES, JsonStream, ReportSyntaxError
from tng.audit.reported import ReportedDevice
from tng.errors import InputError


def _read(name: str, stdin: bytes = b"") -> list[ReportedDevice]:
    file = ReportFile(name, io.BytesIO(stdin))
    devices = list(file.devices())
    assert file.facts.devices == len(devices)
    return devices


def test_every_device_of_an_audit_is_read(tmp_path: Path):
    devices = _read(write_report(tmp_path / "a.json", sample_audit(1200)))
    for device in devices:
        made = sample_device(device.number)
        assert (device.status, device.device_id) == (made.status, made.device_id)
        assert device.certificate == (made.certificate.sha256 if made.certificate else None)
        assert device.source == str(made.source)
        assert [item.standing for item in device.standings] == [
            item.standing for item in made.standings
        ]
        assert device.order == made.order


@pytest.mark.parametrize("indent", [None, 1, "\t"])
@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": "), (" ,\n", "\r\n:\n")])
def test_a_report_that_was_written_anew_is_read_the_same(tmp_path: Path, indent, separators):
    plain = write_report(tmp_path / "a.json", sample_audit(30))
    other = tmp_path / "b.json"
    text = json.dumps(json.loads(Path(plain).read_text()), indent=indent, separators=separators)
    other.write_text("\ufeff " + text + "\n \n")
    assert _read(str(other)) == _read(plain)


def test_members_may_stand_in_any_order(tmp_path: Path):
    members = report_members(5)
    turned = dict(reversed(members.items()))
    assert _read(write_members(tmp_path / "a", turned)) == _read(
        write_members(tmp_path / "b", members)
    )


def test_a_report_of_verify_is_read(tmp_path: Path):
    out = tmp_path / "v.json"
    run_tng("verify", str(MANIFESTS / "tngtls-10.json"), *MICROCHIP_TRUST, "--format", "json",
            "--output", str(out))  # fmt: skip
    devices = _read(str(out))
    assert len(devices) == 10
    assert all(device.accepted and not device.standings for device in devices)


def test_compressed_reports_and_standard_input_are_read(tmp_path: Path):
    plain = Path(write_report(tmp_path / "a.json", sample_audit(10)))
    packed = tmp_path / "a.json.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert _read(str(packed)) == _read(str(plain)) == _read("-", plain.read_bytes())


_ROW = report_members(3)["devices"][0]


@pytest.mark.parametrize("name", sorted(_ROW))
@pytest.mark.parametrize("value", [7, -1.5, True, [], ["x"], {}, {"a": 1}, "text", 10**40])
def test_wrong_types_everywhere_in_a_device_never_crash(tmp_path: Path, name, value):
    members = report_members(3)
    members["devices"][1][name] = value
    path = write_members(tmp_path / "a.json", members)
    try:
        read = _read(path)
    except InputError as error:
        problem = error.message
    else:
        problem = ""
        assert len(read) == 3
    assert problem == "" or "device 2" in problem


@pytest.mark.parametrize(
    "change",
    [
        {"status": "fine"},
        {"status": None},
        {"certificate_sha256": "A" * 64},
        {"certificate_sha256": "a" * 63},
        {"device_id": 5},
        {"vendor": {}},
        {"source": None},
        {"source": {"file": 1}},
        {"source": {"file": "a", "entry": -1}},
        {"source": {"file": "a", "entry": 1e300}},
        {"order": {"delivery": "lost", "order": "", "line": None}},
        {"order": {"delivery": "over", "order": "", "line": True}},
        {"targets": {}},
        {"targets": [1]},
        {"targets": [{"target": "a", "standing": "odd", "name": "", "differences": []}]},
        {"targets": [{"target": "a", "standing": "absent", "name": "", "differences": [1]}]},
        {"targets": [{}] * 1001},
    ],
    ids=str,
)
def test_a_device_that_says_what_none_says_is_refused_by_its_number(tmp_path: Path, change):
    members = report_members(3)
    members["devices"][2] |= change
    with pytest.raises(InputError, match="device 3: "):
        _read(write_members(tmp_path / "a.json", members))


@pytest.mark.parametrize("name", ["schema", "run", "summary", "inputs", "devices"])
def test_a_report_that_lacks_a_part_is_refused(tmp_path: Path, name):
    members = report_members()
    del members[name]
    with pytest.raises(InputError, match=name):
        _read(write_members(tmp_path / "a.json", members))


@pytest.mark.parametrize("name", sorted(set(report_members()) - {"troubles", "general_findings",
                         "overlaps", "seen_before", "elsewhere", "checks"}))  # fmt: skip
@pytest.mark.parametrize("value", [7, True, ["x"], [[]], [{}], "text", {"a": 1}])
def test_wrong_types_beside_the_devices_are_refused(tmp_path: Path, name, value):
    members = report_members() | {name: value}
    with pytest.raises(InputError, match="no report that can be compared"):
        _read(write_members(tmp_path / "a.json", members))


_START = b'{"schema":"tng.report/1","devices":['


@pytest.mark.parametrize(
    ("octets", "problem"),
    [
        (b"\n", "empty|ends"),
        (b"\0" * 100, "expected"),
        (b"[]", "expected"),
        (b'"text"', "expected"),
        (b"{", "ends"),
        (b"{}", "schema"),
        (b"{1:2}", "a value"),
        (b"{1 :2}", "name of a member"),
        (b'{"a"', "ends"),
        (b'{"a":}', "a value"),
        (b'{"a":1', "ends"),
        (b'{"a":1,}', "a value"),
        (b'{"a":1}{"b":2}', "the end"),
        (b'{"a":1,"a":1}', "twice"),
        (b'{"a":"' + b"\\" * 7, "ends"),
        (b'{"a":"\xff"}', "a value"),
        (b'{"a":"\\ud800"}', "a value"),
        (b'{"a":NaN}', "a value"),
        (b'{"a":[}', "a value"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "a value"),
        (b'{"a":' * 100_000, "ends"),
        (_START, "ends"),
        (_START + b"1]}", "device 1 is not an object"),
        (_START + b"{}]}", "device 1"),
        (_START + b"{},]}", "device 1"),
        (_START + b'{"a":"' + b"x" * 2_000_000 + b'"}]}', "more than"),
        (b'{"schema":"tng.report/2","devices":[]}', "schema"),
        (b'{"schema":["tng.report/1"],"devices":[]}', "schema"),
        (b'{"devices":{},"schema":"tng.report/1"}', "expected"),
        (b'{"devices":[],"devices":[]}', "twice"),
        (json.dumps({str(n): [] for n in range(101)}).encode(), "more than 100 members"),
        (b'{"message_type":"begin"}\n{"message_type":"device"}\n', "the end"),
        (b"status,vendor\nverified,nxp\n", "expected"),
    ],
)
def test_what_is_no_report_is_refused_with_a_reason(tmp_path: Path, octets, problem):
    path = tmp_path / "a.json"
    path.write_bytes(octets)
    with pytest.raises(InputError, match=problem) as caught:
        _read(str(path))
    assert caught.value.hint


def test_a_report_cut_anywhere_is_refused(tmp_path: Path):
    whole = Path(write_report(tmp_path / "a.json", sample_audit(3))).read_bytes().rstrip()
    path = tmp_path / "cut.json"
    for size in range(0, len(whole), 31):
        path.write_bytes(whole[:size])
        with pytest.raises(InputError):
            _read(str(path))


def test_what_is_no_file_is_said(tmp_path: Path):
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a.json", "{}")
    (tmp_path / "empty").touch()
    (tmp_path / "broken.gz").write_bytes(b"\x1f\x8b\x08\x00broken")
    bomb = tmp_path / "bomb.gz"
    bomb.write_bytes(gzip.compress(b'{"a":"' + b" " * 100_000_000))
    for name, problem in (
        (str(tmp_path), "folder"),
        (str(tmp_path / "none"), "does not exist"),
        (str(tmp_path / "*.json"), "does not exist"),
        (str(archive), "archive"),
        (str(tmp_path / "empty"), "no bytes"),
        (str(tmp_path / "broken.gz"), "no report"),
        (str(bomb), "no report"),
        (os.devnull, "no bytes"),
    ):
        with pytest.raises(InputError, match=problem):
            _read(name)


class _Endless(io.RawIOBase):
    """Bytes without end; counts how many were asked for."""

    def __init__(self, head: bytes, body: bytes) -> None:
        self.head, self.body, self.given = head, body, 0

    def read(self, size: int = -1) -> bytes:
        if self.head:
            found, self.head = self.head, b""
            return found
        self.given += size
        return (self.body * (size // len(self.body) + 1))[:size]


@pytest.mark.parametrize("body", [b"x", b"[", b'{"a":', b"\\", b"1"])
def test_an_endless_value_is_given_up_at_its_bound(body):
    endless = _Endless(b'{"a":' + (b'"' if body in (b"x", b"\\") else b""), body)
    with pytest.raises(ReportSyntaxError, match=r"more than|a value"):
        list(JsonStream(endless).members("devices", 1_000_000))
    assert endless.given < 1_000_000 * 3 + 4 * READ_BYTES


@pytest.mark.parametrize("between", [b",", b",\n", b" , \n\n"])
def test_values_are_cut_alike_however_many_stand_on_a_line(between):
    values = [{"a": "}{][,", "b": ['"\\', {"c": []}]}, {}, [], "x\\", "", 7, None, {"d": "\n" * 9}]
    encoded = [json.dumps(value).encode() for value in values]
    body = b'{"devices":[' + between.join(encoded * 5000) + b"\n]}"
    stream = JsonStream(io.BytesIO(body))
    for _ in stream.members("devices", 1000):
        assert list(stream.items(1000)) == values * 5000
    stream.end()


@pytest.mark.parametrize("separator", [b",", b",\n"])
def test_memory_does_not_grow_with_the_devices(separator):
    row = json.dumps(_ROW, separators=(",", ":")).encode()
    body = b'{"devices":[' + separator.join([row] * 4_000) + b"]}"
    stream = JsonStream(io.BytesIO(body))
    tracemalloc.start()
    for _, value in stream.members("devices", 1000):
        assert value is None
        assert sum(1 for _ in stream.items(100_000)) == 4_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(body) > 4_000_000
    assert peak < 2_000_000


@pytest.mark.parametrize(
    ("octets", "found"),
    [
        (b"<html>\n<body>", 'at byte 0 stands "<html>", expected'),
        (b"\x1f\x8bABC", "at byte 0 stands the byte 0x1f, expected"),
        (b"\xe2\x80\xae{}", "at byte 0 stands the byte 0xe2, expected"),
        (b"{}", "it names no schema, expected 'tng.report/1'"),
        (b'{"schema":"tng.report/1","run":7,"summary":{},"devices":[]}', "'7' is not an object"),
    ],
)
def test_what_stands_there_instead_is_told_in_words(tmp_path: Path, octets: bytes, found: str):
    path = tmp_path / "a.json"
    path.write_bytes(octets)
    with pytest.raises(InputError) as caught:
        _read(str(path))
    assert found in caught.value.message
