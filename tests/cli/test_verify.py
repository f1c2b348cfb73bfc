import json
import re
import stat
import subprocess
from pathlib import Path

import pytest

from tests.cli.processes import TNG, environment, start
from tests.commands import run_tng
from tests.judging import MANIFESTS, MICROCHIP_TRUST, NXP_TRUST
from tng.testing.manifest import BARE_STYLE, make_entries, write_manifest
from tng.testing.microchip import MicrochipVendor

_GENUINE = str(MANIFESTS / "tngtls-10.json")
_FORGED = str(MANIFESTS / "forged-mixed.json")
_EARLY = str(MANIFESTS / "early-lora.json")
_LITE = str(MANIFESTS / "lite-3.json")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((_GENUINE, *MICROCHIP_TRUST), 0),
        ((_GENUINE,), 1),
        ((_FORGED, *MICROCHIP_TRUST), 1),
        ((_FORGED, *MICROCHIP_TRUST, "--fail-on", "never"), 0),
        ((_GENUINE, *MICROCHIP_TRUST, "--fail-on", "warning"), 0),
        ((_GENUINE, *MICROCHIP_TRUST, "--fail-on", "notice"), 1),
        ((_GENUINE, *MICROCHIP_TRUST, "--at", "2018-01-01", "--fail-on", "error"), 1),
        ((_LITE, *MICROCHIP_TRUST), 0),
        ((), 2),
        ((_GENUINE, "--no-such-option"), 2),
        ((_GENUINE, "--at", "noon"), 2),
        ((_GENUINE, "--at", "0001-01-01T00:00:00+10:00"), 2),
        ((_GENUINE, "--format", "xml"), 2),
        (("does-not-exist.json",), 3),
        (("*.nothing",), 3),
        ((_GENUINE, "--trust-anchor", "missing.pem"), 3),
        ((_GENUINE, "--trust-anchor", _GENUINE), 3),
        ((_GENUINE, "--config", "missing.toml"), 3),
        ((_GENUINE, "--output", "no/such/folder/report"), 3),
    ],
)
def test_exit_codes(arguments: tuple[str, ...], code: int):
    result = run_tng("verify", *arguments, expect=code)
    assert "Traceback" not in result.output
    if code == 3:
        error, hint = result.stderr.strip().splitlines()
        assert error.startswith("error: ")
        assert hint.startswith("hint: ")
        assert result.stdout == ""


def test_data_goes_to_stdout_and_talk_to_stderr():
    done = start("verify", _GENUINE, *MICROCHIP_TRUST, "--format", "json")
    assert json.loads(done.stdout)["summary"]["outcomes"]["verified"] == 10
    assert b"10 verified" in done.stderr
    assert start("-q", "verify", _GENUINE, *MICROCHIP_TRUST).stderr == b""


def test_standard_input_is_read():
    data = Path(_GENUINE).read_bytes()
    result = run_tng("verify", "-", *MICROCHIP_TRUST, "--format", "jsonl", stdin=data, expect=0)
    assert '"path":"-"' in result.stdout


def test_notices_are_shown_on_demand():
    assert "leaf-outlives-issuer" not in run_tng("verify", _GENUINE, *MICROCHIP_TRUST).stdout
    assert "leaf-outlives-issuer" in run_tng("-v", "verify", _GENUINE, *MICROCHIP_TRUST).stdout


def test_the_time_of_the_report_is_utc():
    options = ("--at", "2026-11-21T01:00:00+02:00", "--format", "json")
    report = json.loads(run_tng("verify", _GENUINE, *MICROCHIP_TRUST, *options).stdout)
    assert report["run"]["at"] == "2026-11-20T23:00:00Z"


def test_the_report_tells_added_trust(tmp_path: Path):
    run = json.loads(run_tng("verify", _GENUINE, *MICROCHIP_TRUST, "--format", "json").stdout)[
        "run"
    ]
    assert [added["role"] for added in run["added_trust"]] == ["device-root", "manifest-signer"]
    assert [added["source"] for added in run["added_trust"]] == list(MICROCHIP_TRUST[1::2])


@pytest.mark.parametrize("form", ["columns", "markdown"])
def test_every_form_for_people_tells_added_from_built_in_anchors(form: str):
    result = run_tng("verify", _GENUINE, _LITE, *MICROCHIP_TRUST, "--format", form)
    said = result.stdout if form == "markdown" else result.stderr
    assert re.search(r"10.* added-[0-9a-f]{16}.*ADDED, not built in", said.replace("\\", ""))


def test_global_options_may_stand_anywhere():
    assert start("verify", _GENUINE, *MICROCHIP_TRUST, "-q").stderr == b""
    colored = start("verify", _GENUINE, *MICROCHIP_TRUST, "--color", "always", "-v").stdout
    assert b"\x1b[" in colored
    assert b"notice" in colored
    result = start("verify", _GENUINE, *MICROCHIP_TRUST, "--", "-q")
    assert b"-q does not exist" in result.stderr


def test_trust_comes_from_the_configuration_too(tmp_path: Path):
    (tmp_path / "tng.toml").write_text(
        f"[trust]\nanchors = ['{MICROCHIP_TRUST[1]}']\n"
        f"manifest_signers = ['{MICROCHIP_TRUST[3]}']\n"
    )
    assert start("verify", _GENUINE, cwd=tmp_path).returncode == 0


def test_a_signer_that_is_added_verifies_the_early_manifest():
    signer = str(MANIFESTS / "trust" / "expired-manifest-signer.pem")
    run_tng("verify", _EARLY, *MICROCHIP_TRUST, expect=1)
    run_tng("verify", _EARLY, *MICROCHIP_TRUST, "--manifest-signer", signer, expect=0)


def test_several_sources_of_several_vendors_at_once():
    sources = (_GENUINE, str(MANIFESTS / "se05x-serial.log"))
    done = run_tng("verify", *sources, *MICROCHIP_TRUST, *NXP_TRUST, "--format", "json", expect=0)
    assert json.loads(done.stdout)["summary"]["outcomes"]["verified"] == 13


def test_output_appears_whole_and_with_usual_permissions(tmp_path: Path):
    output = tmp_path / "report.json"
    output.write_text("before")
    run_tng("verify", _GENUINE, *MICROCHIP_TRUST, "--format", "json", "--output", str(output))
    assert json.loads(output.read_bytes())["summary"]["devices"] == 10
    assert stat.S_IMODE(output.stat().st_mode) & 0o077 == 0o044
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_a_run_that_fails_leaves_the_output_as_it_was(tmp_path: Path):
    output = tmp_path / "report.json"
    output.write_text("before")
    run_tng("verify", "missing.json", "--output", str(output), expect=3)
    assert output.read_text() == "before"


def test_a_folder_is_no_output(tmp_path: Path):
    result = run_tng("verify", _GENUINE, *MICROCHIP_TRUST, "--output", str(tmp_path), expect=3)
    assert "error: " in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_device_is_written_to_and_not_replaced():
    run_tng("verify", _GENUINE, *MICROCHIP_TRUST, "--output", "/dev/null", expect=0)
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_a_full_disk_is_an_error_and_no_traceback():
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("/dev/full does not exist here")
    done = start("verify", _GENUINE, *MICROCHIP_TRUST, "--output", str(full))
    assert done.returncode == 3
    assert b"error: /dev/full cannot be written" in done.stderr
    with full.open("wb") as stdout:
        done = start("verify", _GENUINE, *MICROCHIP_TRUST, stdout=stdout)
    assert b"Traceback" not in done.stderr
    assert b"error: standard output cannot be written" in done.stderr
    assert done.returncode == 3


@pytest.mark.parametrize(
    ("form", "more", "code"),
    [("columns", (), 0), ("columns", (_FORGED,), 1), ("jsonl", (_FORGED,), 1), ("csv", (), 0)],
)
def test_a_reader_that_goes_away_changes_no_judgment(
    tmp_path: Path, form: str, more: tuple[str, ...], code: int
):
    big = tmp_path / "big.json"
    with big.open("wb") as stream:
        write_manifest(stream, make_entries(MicrochipVendor(), 900, style=BARE_STYLE))
    process = subprocess.Popen(
        [*TNG, "verify", str(big), *more, *MICROCHIP_TRUST, "--format", form],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
    )  # fmt: skip
    assert process.stdout
    assert process.stderr
    process.stdout.readline()
    process.stdout.close()
    complaint = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == code
    assert re.search(rb"9\d\d devices: 9", complaint)
    assert b"Traceback" not in complaint
    assert b"Exception" not in complaint


@pytest.mark.parametrize(
    ("options", "env", "colored"),
    [
        ((), {}, False),
        (("--color", "always"), {}, True),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        (("--color", "never"), {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colours(options: tuple[str, ...], env: dict[str, str], colored: bool):
    done = start(*options, "verify", _GENUINE, *MICROCHIP_TRUST, env=environment(**env))
    assert (b"\x1b[" in done.stdout) is colored


def test_undecodable_bytes_in_paths_do_no_harm(tmp_path: Path):
    anchor = tmp_path / "root\udcff.pem"
    anchor.write_bytes(Path(MICROCHIP_TRUST[1]).read_bytes())
    source = tmp_path / "manifest\udcfe.json"
    source.write_bytes(Path(_GENUINE).read_bytes())
    done = start(
        "verify", source, "--trust-anchor", anchor, *MICROCHIP_TRUST[2:], "--format", "json"
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["inputs"][0]["path"].endswith("manifest\\udcfe.json")
    assert report["run"]["added_trust"][0]["source"].endswith("root\\udcff.pem")
