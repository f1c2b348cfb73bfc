"""``tng audit`` as its users type it: forms, files, exit codes, and the same bytes again."""

import json
import re
import shutil
import signal
import subprocess
import time

import pytest

from tests.cli.processes import TNG, environment, start
from tests.commands import run_tng
from tests.judging import MANIFESTS, MICROCHIP_TRUST, NXP_TRUST
from tests.seal.sealed import private_key, private_pem
from tng.report.audit.registry import SUFFIXES, AuditForm

GENUINE = str(MANIFESTS / "tngtls-10.json")
FORGED = str(MANIFESTS / "forged-mixed.json")
AT = ("--at", "2026-11-21T12:00:00Z")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def audit(*arguments, expect=0):
    """Run in this process, with the test vendor trusted."""
    return run_tng("audit", *arguments, *MICROCHIP_TRUST, expect=expect)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((GENUINE,), 0),
        ((FORGED,), 1),
        ((FORGED, "--fail-on", "never"), 0),
        ((GENUINE, "--fail-on", "notice"), 1),
        ((GENUINE, "--at", "2018-01-01"), 1),
        ((), 2),
        ((GENUINE, "--format", "columns"), 2),
        ((GENUINE, "--output", "report"), 2),
        ((GENUINE, "--output", "report.txt"), 2),
        ((GENUINE, "--output", "a.html", "--output", "a.html"), 2),
        ((GENUINE, "--output", "a.html", "--output", "./x/../a.html"), 2),
        ((GENUINE, "--output", "a.html", "--output", "a.csv", "--format", "html"), 2),
        ((GENUINE, "--output", GENUINE), 2),
        ((GENUINE, "--sign", "key.pem"), 2),
        ((GENUINE, "--sign", "key.pem", "--output", "a.html", "--output", "sub/a.json"), 2),
        ((GENUINE, "--key", "key.pem"), 2),
        ((GENUINE, "--check", "a.json"), 2),
        (("--check", "a.json", "--output", "b.json"), 2),
        (("--check", "a.json", "--expect", "orders.csv"), 2),
        (("--check", "a.json", "--at", "2026-11-21"), 2),
        ((GENUINE, "--policy", "fleet"), 2),
        ((GENUINE, "--target", "nowhere"), 3),
        (("does-not-exist.json",), 3),
        ((GENUINE, "--expect", "does-not-exist.csv"), 3),
        ((GENUINE, "--output", "a.html", "--sign", "does-not-exist.pem"), 3),
        ((GENUINE, "--output", "no/such/folder/report.html"), 3),
        (("--check", "does-not-exist.json"), 3),
    ],
)
def test_exit_codes(arguments, code, tmp_path):
    result = audit(*arguments, expect=code)
    assert "Traceback" not in result.output
    if code == 3:
        assert re.match(r"error: .*\nhint: ", result.stderr.replace("\n\n", "\n"))
    if code in (2, 3):
        assert result.stdout == ""
        assert not list(tmp_path.glob("*.html"))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_name_of_a_file_says_its_form(suffix, tmp_path):
    audit(FORGED, "--output", f"report{suffix}", expect=1)
    written = (tmp_path / f"report{suffix}").read_bytes()
    audit(FORGED, "--output", "report.by-format", "--format", SUFFIXES[suffix], expect=1)
    assert len((tmp_path / "report.by-format").read_bytes()) == pytest.approx(len(written), rel=0.1)
    assert (written[:1], written[:2] == b"PK") == {
        AuditForm.HTML: (b"<", False),
        AuditForm.XLSX: (b"P", True),
        AuditForm.CSV: (b"s", False),
        AuditForm.JSON: (b"{", False),
        AuditForm.MARKDOWN: (b"#", False),
        AuditForm.JUNIT: (b"<", False),
        AuditForm.SARIF: (b"{", False),
    }[SUFFIXES[suffix]]


def test_sarif_may_end_in_json(tmp_path):
    audit(GENUINE, "--output", "report.sarif.json")
    assert json.loads((tmp_path / "report.sarif.json").read_bytes())["version"] == "2.1.0"


def test_without_an_output_the_report_is_markdown_on_stdout_and_the_verdict_on_stderr():
    done = start("audit", GENUINE, *MICROCHIP_TRUST)
    assert done.stdout.startswith(b"# ")
    assert b"all 10 devices are genuine" in done.stderr
    assert start("-q", "audit", GENUINE, *MICROCHIP_TRUST).stderr == b""


@pytest.mark.parametrize("form", AuditForm)
def test_the_same_inputs_at_the_same_time_give_the_same_bytes(form, tmp_path):
    arguments = ("audit", FORGED, *MICROCHIP_TRUST, *AT, "--format", form)
    first = start(*arguments, "--output", "first.report")
    second = start("-v", *arguments, "--output", "second.report", "--jobs", "2", "--no-remember")
    assert first.returncode == second.returncode == 1
    assert (tmp_path / "first.report").read_bytes() == (tmp_path / "second.report").read_bytes()


def test_the_command_in_the_report_makes_it_again(tmp_path):
    start("audit", FORGED, *MICROCHIP_TRUST, "--output", "first.json")
    report = (tmp_path / "first.json").read_bytes()
    command = json.loads(report)["run"]["command"].split()
    assert command[0] == "tng"
    start(*command[1:], "--output", "second.json")
    assert (tmp_path / "second.json").read_bytes() == report


def test_an_order_that_lies_among_the_sources_is_none_of_them(tmp_path):
    folder = tmp_path / "delivery"
    folder.mkdir()
    shutil.copy(GENUINE, folder)
    (folder / "orders.csv").write_text("order,part_number,quantity\nPO-7,ATECC608C*,10\n")
    for source in ("delivery", "delivery/*"):
        result = audit(source, "--expect", "delivery/orders.csv", "--format", "json")
        roles = [item["role"] for item in json.loads(result.stdout)["inputs"]]
        assert (roles.count("source"), roles.count("order")) == (1, 1)
    assert "cannot be read" in audit("delivery", expect=1).stderr


def test_an_output_that_cannot_be_written_is_told_before_a_source_is_read(tmp_path):
    for output, says in (("no/a.html", "no folder no"), (".", "is a folder")):
        source = tmp_path / "pipe"
        if not source.exists():
            subprocess.run(["mkfifo", source], check=True)
        # Reading the pipe would never end.
        told = audit("pipe", "--format", "html", "--output", output, expect=3).stderr
        assert says in told


def test_temporary_files_without_room_end_the_audit_with_a_word(tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    # Enough for what waits on disk to outgrow the memory that it is given.
    for number in range(1500):
        (folder / f"{number}.json").symlink_to(GENUINE)
    done = subprocess.run(
        ["bash", "-c", 'ulimit -f 64; exec "$@"', "-", *TNG, "audit", "many", "--no-remember"],
        env=environment(), capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert done.stderr.startswith(b"error: temporary files cannot be written: ")
    assert b"TMPDIR" in done.stderr


def test_at_judges_as_of_a_date():
    early = audit(GENUINE, "--at", "2018-01-01", "--format", "json", expect=1)
    assert json.loads(early.stdout)["summary"]["outcomes"]["verified"] == 0
    later = audit(GENUINE, *AT, "--format", "json")
    assert json.loads(later.stdout)["summary"]["outcomes"]["verified"] == 10


def test_files_that_decide_are_named_with_their_hash():
    report = json.loads(audit(GENUINE, "--format", "json").stdout)
    roles = {item["role"] for item in report["inputs"]}
    assert roles == {"source", "trust-anchor", "manifest-signer"}
    assert all(re.fullmatch("[0-9a-f]{64}", item["sha256"]) for item in report["inputs"])


def test_a_workbook_is_not_written_to_a_terminal(tmp_path):
    script = f"{' '.join(TNG)} audit {GENUINE} --format xlsx"
    done = subprocess.run(
        ["script", "-qec", script, "/dev/null"], env=environment(), capture_output=True, check=False
    )
    assert done.returncode == 2
    assert b"--output" in done.stdout


def test_two_sources_with_the_same_devices_overlap(tmp_path):
    (tmp_path / "again.json").write_bytes((MANIFESTS / "tngtls-10.json").read_bytes())
    result = audit(GENUINE, "again.json", "--format", "json", expect=1)
    report = json.loads(result.stdout)
    (overlap,) = report["overlaps"]
    assert (overlap["first"], overlap["second"], overlap["devices"]) == (GENUINE, "again.json", 10)
    assert "10 came twice" in report["verdict"]["sentence"]


def test_interrupted_nothing_is_written(tmp_path):
    source = tmp_path / "pipe"
    subprocess.run(["mkfifo", source], check=True)
    process = subprocess.Popen(
        [*TNG, "audit", str(source), "--output", "report.html"],
        env=environment(), stderr=subprocess.PIPE,
    )  # fmt: skip
    with source.open("wb"):
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
    _, talk = process.communicate(timeout=20)
    assert process.returncode == 130, talk
    assert not (tmp_path / "report.html").exists()
    assert not (tmp_path / "tng-ledger.db").exists() or b"again" in talk


def test_the_ledger_remembers_what_was_audited(tmp_path):
    audit(GENUINE)
    again = audit(GENUINE, "--format", "json")
    assert json.loads(again.stdout)["seen_before"] == []
    # The same chips in a file of other content: sold, or counted, twice?
    text = (MANIFESTS / "tngtls-10.json").read_text()
    (tmp_path / "other.json").write_text(f"{text}\n")
    other = json.loads(audit("other.json", "--format", "json").stdout)
    (seen,) = other["seen_before"]
    assert (seen["source"], seen["devices"]) == (GENUINE, 10)
    assert other["verdict"]["decision"] == "accept-with-remarks"
    assert audit("other.json", "--fail-on", "warning", expect=1)


def test_nothing_is_remembered_unless_it_shall_be(tmp_path):
    audit(GENUINE, "--no-remember")
    assert not (tmp_path / "tng-ledger.db").exists()
    audit(GENUINE, "--output", "no/such/folder/report.html", expect=3)
    text = (MANIFESTS / "tngtls-10.json").read_text()
    (tmp_path / "other.json").write_text(f"{text}\n")
    assert json.loads(audit("other.json", "--format", "json").stdout)["seen_before"] == []


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        (("delivery", "--output", "delivery/m.json"), "delivery/m.json"),
        (("delivery/*.json", "--output", "link.json"), "delivery/m.json"),
        ((GENUINE, "--expect", "hard.csv", "--output", "orders.csv"), "orders.csv"),
        ((GENUINE, "--sign", "key.json", "--output", "key.json"), "key.json"),
        (("a.seal.json", "--sign", "key.json", "--output", "a.html"), "a.seal.json"),
        ((GENUINE, "--trust-anchor", "root.json", "--output", "root.json"), "root.json"),
        ((GENUINE, "--ledger", "ledger.json", "--output", "ledger.json"), "ledger.json"),
        ((GENUINE, "--format", "json", "--output", "tng.toml"), "tng.toml"),
    ],
)
def test_no_report_replaces_what_the_audit_reads(arguments, kept, tmp_path):
    (tmp_path / "delivery").mkdir()
    shutil.copy(GENUINE, "delivery/m.json")
    shutil.copy(GENUINE, "a.seal.json")
    (tmp_path / "link.json").symlink_to("delivery/m.json")
    (tmp_path / "orders.csv").write_text("order,part,quantity\nPO-1,*,10\n")
    (tmp_path / "hard.csv").hardlink_to("orders.csv")
    (tmp_path / "key.json").write_bytes(private_pem(private_key("P-256")))
    shutil.copy(MICROCHIP_TRUST[1], "root.json")
    (tmp_path / "tng.toml").write_text("")
    (tmp_path / "ledger.json").touch()
    before = (tmp_path / kept).read_bytes()
    result = audit(*arguments, expect=2)
    assert "is an input of this audit" in result.stderr
    assert (tmp_path / kept).read_bytes() == before


def test_a_report_may_be_written_again_where_no_source_is(tmp_path):
    for _ in range(2):
        audit(GENUINE, "--output", "a.json")


@pytest.mark.parametrize(
    ("content", "opening"),
    [
        ("[]", "There is nothing to judge"),
        ((MANIFESTS / "trust" / "root.pem").read_text(), "Do not accept"),
    ],
)
def test_a_delivery_without_a_genuine_chip_is_not_accepted(content, opening, tmp_path):
    (tmp_path / "delivery").write_text(content)
    result = audit("delivery", "--output", "a.json", expect=1)
    assert result.stderr.startswith(opening)
    (trouble,) = [
        item
        for item in json.loads((tmp_path / "a.json").read_text())["troubles"]
        if item["severity"] == "error"
    ]
    assert (trouble["code"], trouble["count"]) == ("nothing-genuine", 1)


def test_what_was_not_genuine_is_said_once():
    result = audit(GENUINE, "--at", "2018-01-01", "--format", "json", expect=1)
    assert "nothing-genuine" not in json.loads(result.stdout)["summary"]["findings"]


@pytest.mark.parametrize("command", ["audit", "diff"])
def test_a_reader_that_goes_away_makes_no_delivery_good(command, tmp_path):
    for name, source in (("old", GENUINE), ("new", FORGED)):
        run_tng("audit", source, "--no-remember", "--output", f"{name}.json")
    words = ("audit", FORGED, "--format", "json") if command == "audit" else (
        "diff", "old.json", "new.json"
    )  # fmt: skip
    with subprocess.Popen(
        [*TNG, *words], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        told = process.stderr.read()
        assert process.wait(30) == 1
    assert b"Traceback" not in told
    assert b"Exception ignored" not in told


def test_a_chip_that_shows_a_number_alone_is_not_accepted(tmp_path):
    log = (MANIFESTS / "se05x-serial.log").read_text()
    (tmp_path / "log.txt").write_text(f"{log}\nUID: 04005001f0812a86a4559104aabbccddee99\n")
    found = audit("log.txt", "--format", "json", *NXP_TRUST, expect=1)
    report = json.loads(found.stdout)
    (last,) = [device for device in report["devices"] if device["status"] == "undecodable"]
    assert [item["code"] for item in last["findings"]][-1] == "chip-without-proof"
    assert report["verdict"]["decision"] == "do-not-accept"
    assert "chip-without-proof" in {item["code"] for item in report["troubles"]}


def test_chips_of_nxp_are_ordered_by_their_part(tmp_path):
    log = str(MANIFESTS / "se05x-serial.log")
    orders = tmp_path / "orders.csv"
    orders.write_text("order,part_number,quantity\nPO-7,SE050F2,3\n")
    words = (log, "--expect", "orders.csv", "--format", "json", *NXP_TRUST)
    report = json.loads(audit(*words).stdout)
    assert [device["part_number"] for device in report["devices"]] == ["SE050F2"] * 3
    assert {device["order"]["delivery"] for device in report["devices"]} == {"as-ordered"}
    orders.write_text("order,part_number,quantity\nPO-7,SE050C1,3\n")
    codes = {item["code"] for item in json.loads(audit(*words, expect=1).stdout)["troubles"]}
    assert codes >= {"order-short", "part-not-ordered"}


def test_an_order_counts_once(tmp_path):
    rows = "order,part_number,quantity\nPO-7,*,10\n"
    (tmp_path / "orders.csv").write_text(rows)
    (tmp_path / "copy.csv").write_text(rows)
    (tmp_path / "saved-again.csv").write_text(rows.replace(",", ";"))
    for again in ("orders.csv", "./orders.csv", "copy.csv"):
        told = audit(GENUINE, "--expect", "orders.csv", "--expect", again, expect=2).stderr
        assert "list of orders" in told
        assert "hint: " in told
    words = ("--expect", "orders.csv", "--expect", "saved-again.csv", "--format", "json")
    report = json.loads(audit(GENUINE, *words, expect=1).stdout)
    assert {"order-line-repeated", "order-short"} <= {item["code"] for item in report["troubles"]}
