"""``tng diff`` as a pipeline sees it: data on stdout, talk on stderr, exit codes."""

import json
from pathlib import Path

import pytest

from tests.audit.reports import report_members, write_members, write_report
from tests.audit.sample import sample_audit
from tests.commands import run_tng
from tests.judging import MANIFESTS, MICROCHIP_TRUST


@pytest.fixture
def old(tmp_path: Path) -> str:
    return write_report(tmp_path / "old.json", sample_audit(12))


def _without_a_device(tmp_path: Path) -> str:
    members = report_members(12)
    del members["devices"][4]
    return write_members(tmp_path / "gone.json", members)


def _with_a_worse_one(tmp_path: Path) -> str:
    members = report_members(12)
    members["devices"][0]["status"] = "rejected"
    return write_members(tmp_path / "worse.json", members)


def test_nothing_changed(old: str):
    done = run_tng("diff", old, old, expect=0)
    assert "nothing changed" in done.stderr
    assert len(done.stdout.splitlines()) == 1


def test_the_exit_code_follows_the_heaviest_change(tmp_path: Path, old: str):
    gone, worse = _without_a_device(tmp_path), _with_a_worse_one(tmp_path)
    assert "device-gone (1)" in run_tng("diff", old, gone, expect=0).stderr
    run_tng("diff", old, gone, "--fail-on", "warning", expect=1)
    done = run_tng("diff", old, worse, expect=1)
    assert "error: status-worse (1)" in done.stderr
    assert "status-worse" in done.stdout
    run_tng("diff", old, worse, "--fail-on", "never", expect=0)
    run_tng("diff", worse, old, "--fail-on", "warning", expect=0)
    run_tng("diff", worse, old, "--fail-on", "notice", expect=1)


def test_data_goes_to_the_file_and_talk_to_stderr(tmp_path: Path, old: str):
    out = tmp_path / "out.json"
    worse = _with_a_worse_one(tmp_path)
    done = run_tng("diff", old, worse, "--format", "json", "--output", str(out), expect=1)
    assert done.stdout == ""
    assert json.loads(out.read_text())["new"]["path"] == worse
    assert f"old: {old}, 12 devices" in done.stderr


def test_a_report_comes_from_standard_input(old: str):
    run_tng("diff", old, "-", stdin=Path(old).read_bytes(), expect=0)
    assert "both" in run_tng("diff", "-", "-", expect=2).stderr


@pytest.mark.parametrize("content", ["", "no report", "{}", '{"schema":"tng.index/1"}', "[" * 9999])
def test_what_is_no_report_ends_with_3_and_a_hint(tmp_path: Path, old: str, content: str):
    path = tmp_path / "bad.json"
    path.write_text(content)
    for names in ((old, str(path)), (str(path), old), (old, str(tmp_path / "none"))):
        done = run_tng("diff", *names, expect=3)
        assert done.stderr.startswith("error: ")
        assert "hint: " in done.stderr
        assert done.stdout == ""


def test_an_output_that_was_there_survives_an_unusable_report(tmp_path: Path, old: str):
    out = tmp_path / "out"
    out.write_text("before")
    run_tng("diff", old, str(tmp_path / "none"), "--output", str(out), expect=3)
    assert out.read_text() == "before"


def test_reports_of_verify_are_compared_with_what_was_added_to_trust(tmp_path: Path):
    manifest = str(MANIFESTS / "tngtls-10.json")
    names = []
    for name, trust in (("without", ()), ("with", MICROCHIP_TRUST)):
        names.append(str(tmp_path / f"{name}.json"))
        run_tng("verify", manifest, *trust, "--format", "json", "--output", names[-1])
    done = run_tng("diff", *names, "--format", "json", expect=0)
    members = json.loads(done.stdout)
    assert members["summary"]["findings"] == {"status-better": 10}
    topics = {fact["topic"] for fact in members["facts"]}
    assert topics == {"outcome", "added trust"}
    assert run_tng("diff", *reversed(names), expect=1).exit_code == 1


def test_a_new_device_that_is_not_accepted_fails_although_the_verdict_was_bad_before(
    tmp_path: Path,
):
    before = str(MANIFESTS / "se05x-trouble.log")
    reports = [str(tmp_path / "old.json"), str(tmp_path / "new.json")]
    sources = [[before], [before, str(MANIFESTS / "forged-mixed.json")]]
    for report, names in zip(reports, sources, strict=True):
        run_tng("audit", *names, "--no-remember", "--output", report, expect=1)
    result = run_tng("diff", *reports, expect=1)
    assert "error: new-not-accepted" in result.stderr
    assert "verdict" not in result.stdout


@pytest.mark.parametrize("name", ["old.json", "link.json"])
def test_a_comparison_does_not_replace_a_report(tmp_path: Path, old: str, name: str):
    (tmp_path / "link.json").symlink_to(old)
    before = Path(old).read_bytes()
    result = run_tng("diff", old, old, "--output", str(tmp_path / name), expect=2)
    assert "is one of the two reports" in result.stderr
    assert Path(old).read_bytes() == before
