import json
from pathlib import Path

import orjson
import pytest

from tests.commands import run_tng
from tests.judging import MANIFESTS, manifest, microchip, nxp
from tng.testing.certificates import pem
from tng.testing.forgeries import duplicate_id
from tng.testing.manifest import BARE_STYLE, LITE_STYLE, make_entry, make_payload, sign_payload
from tng.testing.nxp import ChipObject
from tng.testing.sessions import PLAIN_STYLE, serial_log
from tng.x509.pem import read_certificate_file

_GENUINE = str(MANIFESTS / "tngtls-10.json")


def _decode(tmp_path: Path, data: bytes, *options: str, expect: int = 0) -> dict[str, object]:
    result = run_tng(
        "decode", "-", "-o", str(tmp_path / "out"), "--format", "json", *options,
        stdin=data, expect=expect,
    )  # fmt: skip
    assert "does not verify" in result.stderr
    return json.loads(result.stdout)


def _names(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "out").iterdir())


def test_a_file_a_device_named_by_its_signed_id(tmp_path: Path):
    index = _decode(tmp_path, Path(_GENUINE).read_bytes())
    for number, entry in enumerate(index["entries"]):
        device = microchip().device(number)
        assert entry["device_id"] == device.unique_id
        (leaf,) = read_certificate_file(Path(entry["file"]).read_bytes())
        assert leaf.der == device.certificate
    assert _names(tmp_path) == sorted(f"{microchip().device(n).unique_id}.pem" for n in range(10))


def test_the_chain_is_appended(tmp_path: Path):
    device = microchip().device(0)
    data = manifest([make_entry(microchip(), device)])
    _decode(tmp_path, data, "--chain")
    (name,) = _names(tmp_path)
    assert (tmp_path / "out" / name).read_text() == pem(device.certificate, device.signer)


def test_der(tmp_path: Path):
    device = microchip().device(0)
    _decode(tmp_path, manifest([make_entry(microchip(), device)]), "--der")
    assert (tmp_path / "out" / f"{device.unique_id}.der").read_bytes() == device.certificate


def test_chain_and_der_exclude_each_other(tmp_path: Path):
    result = run_tng("decode", _GENUINE, "--chain", "--der", "-o", str(tmp_path / "x"), expect=2)
    assert result.stderr.startswith("error: ")
    assert not (tmp_path / "x").exists()


def test_a_lite_entry_has_a_line_and_no_file(tmp_path: Path):
    entry = make_entry(microchip(), microchip().device(0), LITE_STYLE)
    index = _decode(tmp_path, manifest([entry]))
    assert index["entries"][0]["file"] is None
    assert _names(tmp_path) == []


@pytest.mark.parametrize(
    "unique_id", ["A:B.C", "a" * 64, "0..0", "CON", "0123_", "x.-", "1:..:..:etc:passwd"]
)
@pytest.mark.parametrize(
    "slot", ["0", "../../../tmp/x", "/etc/passwd", "a\0b", "\x1b[2J", "." * 500]
)
def test_no_name_in_the_input_steers_a_file_out_of_the_folder(
    tmp_path: Path, unique_id: str, slot: str
):
    payload = make_payload(microchip(), microchip().device(0), BARE_STYLE)
    payload["uniqueId"] = unique_id
    payload["publicKeySet"]["keys"][0]["kid"] = slot
    _decode(tmp_path, manifest([sign_payload(payload, microchip().manifest_signer)]))
    (name,) = _names(tmp_path)
    assert name.isascii()
    assert name.isprintable()
    assert not name.startswith((".", "-"))
    assert len(name) < 130
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_objects_of_one_chip_have_files_of_their_own(tmp_path: Path):
    chips = [nxp().chip(1, each) for each in (ChipObject.CLOUD_ECC, ChipObject.CLOUD_RSA)]
    _decode(tmp_path, serial_log(chips, PLAIN_STYLE))
    assert _names(tmp_path) == [f"{chips[0].uid}-{chip.object_id}.pem" for chip in chips]


def test_the_same_run_again_changes_nothing(tmp_path: Path):
    data = Path(_GENUINE).read_bytes()
    _decode(tmp_path, data)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()}
    index = _decode(tmp_path, data)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").iterdir()} == before
    codes = {item["code"] for entry in index["entries"] for item in entry["findings"]}
    assert "name-repeated" in codes


def test_two_certificates_under_one_id_are_a_collision_and_the_first_stays(tmp_path: Path):
    entries = duplicate_id(microchip(), 7200).entries
    index = _decode(tmp_path, manifest(entries), expect=1)
    first, second = index["entries"]
    assert second["file"] is None
    assert "name-collision" in {item["code"] for item in second["findings"]}
    (leaf,) = read_certificate_file(Path(first["file"]).read_bytes())
    assert leaf.sha256 == first["certificate_sha256"]


@pytest.mark.parametrize("dangling", [True, False])
def test_a_link_in_the_folder_is_not_followed(tmp_path: Path, dangling: bool):
    device = microchip().device(0)
    victim = tmp_path / "victim"
    if not dangling:
        victim.write_text(pem(device.certificate))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / f"{device.unique_id}.pem").symlink_to(victim)
    index = _decode(tmp_path, manifest([make_entry(microchip(), device)]), expect=1)
    assert index["entries"][0]["file"] is None
    assert victim.exists() is not dangling


def test_a_pipe_in_the_folder_is_not_waited_for(tmp_path: Path):
    import os

    device = microchip().device(0)
    (tmp_path / "out").mkdir()
    os.mkfifo(tmp_path / "out" / f"{device.unique_id}.pem")
    _decode(tmp_path, manifest([make_entry(microchip(), device)]), expect=1)


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path):
    (tmp_path / "file").touch()
    result = run_tng("decode", _GENUINE, "-o", str(tmp_path / "file" / "out"), expect=3)
    assert "hint: " in result.stderr


def test_what_cannot_be_read_is_in_the_index(tmp_path: Path):
    data = (
        b"["
        + b",".join(
            [b'{"payload": 1}', orjson.dumps(make_entry(microchip(), microchip().device(0)))]
        )
        + b"]"
    )
    first, second = _decode(tmp_path, data, expect=1)["entries"]
    assert first["findings"][0]["code"] == "entry-malformed"
    assert second["file"]
    _decode(tmp_path, data, "--fail-on", "never")


@pytest.mark.parametrize("form", ["columns", "csv"])
def test_the_index_for_people(tmp_path: Path, form: str):
    result = run_tng("decode", _GENUINE, "-o", str(tmp_path / "out"), "--format", form, expect=0)
    lines = result.stdout.splitlines()
    assert len(lines) == 11
    assert microchip().device(0).unique_id in lines[1]
