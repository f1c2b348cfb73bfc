"""The commands with URLs in place of files: inputs, orders and outputs in a real S3."""

import json
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.cli.processes import TNG
from tests.commands import run_tng
from tests.judging import MANIFESTS, MICROCHIP_TRUST, ROOT
from tests.storage.buckets import Bucket
from tng.testing.manifest import BARE_STYLE, make_entries, write_manifest
from tng.testing.microchip import MicrochipVendor

README = (ROOT / "README.md").read_text("utf-8")
GENUINE = MANIFESTS / "tngtls-10.json"
AT = ("--at", "2026-11-21T12:00:00Z")


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def reel(bucket: Bucket) -> str:
    return bucket.put("reels/7.json", GENUINE.read_bytes())


def test_a_report_of_an_object_is_that_of_the_file_under_another_name(bucket, reel):
    output = f"{bucket.url}/reports/7.json"
    options = (*MICROCHIP_TRUST, "--format", "json", *AT)
    run_tng("verify", reel, *options, "--output", output, expect=0)
    there = json.loads(bucket.get("reports/7.json"))
    here = json.loads(run_tng("verify", str(GENUINE), *options, expect=0).stdout)
    assert there["inputs"][0]["path"] == reel
    for report in (there, here):
        report["inputs"][0].pop("path")
        for device in report["devices"]:
            device["source"].pop("path", None)
            device["source"].pop("file", None)
    assert there == here


def test_file_urls_are_files(tmp_path):
    output = tmp_path / "a b.json"
    url = output.as_uri()
    assert "%20" in url
    run_tng(
        "verify", GENUINE.as_uri(), *MICROCHIP_TRUST, "--format", "json", "--output", url, expect=0
    )
    assert json.loads(output.read_bytes())["inputs"][0]["path"] == str(GENUINE)


@pytest.mark.slow
def test_decode_reads_a_folder_of_objects_and_writes_its_index(bucket, reel, tmp_path):
    bucket.put("reels/8.json", (MANIFESTS / "lite-3.json").read_bytes())
    run_tng(
        "decode", f"{bucket.url}/reels/", "-o", "certificates", "--format", "csv",
        "--output", f"{bucket.url}/index.csv", expect=0,
    )  # fmt: skip
    assert len(bucket.get("index.csv").splitlines()) == 14
    assert len(list((tmp_path / "certificates").iterdir())) >= 10


def test_an_audit_takes_orders_and_writes_every_form(bucket, reel):
    orders = bucket.put("orders.csv", b"order,part_number,quantity\n7,ATECC608B,10\n")
    outputs = [f"{bucket.url}/audit{suffix}" for suffix in (".html", ".xlsx", ".json")]
    run_tng(
        "audit", reel, *MICROCHIP_TRUST, "--no-remember", "--expect", orders, "--fail-on", "never",
        *(word for url in outputs for word in ("--output", url)), expect=0,
    )  # fmt: skip
    assert bucket.get("audit.html").startswith(b"<!doctype html>")
    assert bucket.get("audit.xlsx").startswith(b"PK")
    inputs = json.loads(bucket.get("audit.json"))["inputs"]
    assert {item["path"] for item in inputs} >= {reel, orders}
    result = run_tng("diff", outputs[2], outputs[2], expect=0)
    assert "nothing changed" in result.stderr
    told = run_tng("diff", outputs[2], outputs[2], "--output", outputs[2], expect=2).stderr
    assert "is one of the two reports" in told


@pytest.mark.slow
@pytest.mark.parametrize("source", ["reels/7.json", "reels/", "reels", "**/7.json"])
def test_an_audit_never_replaces_what_it_reads(bucket, reel, source):
    command = ("audit", f"{bucket.url}/{source}", *MICROCHIP_TRUST, "--no-remember")
    told = run_tng(*command, "--output", reel, expect=2).stderr
    assert "is an input of this audit" in told
    run_tng(*command, "--output", str(Path("new.json")), expect=0)
    orders = ("--expect", f"{bucket.url}/orders.csv")
    bucket.put("orders.csv", b"order,part_number,quantity\n7,ATECC608B,10\n")
    told = run_tng(*command, *orders, "--output", orders[1], expect=2).stderr
    assert "is an input of this audit" in told


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("verify", "{}/none.json"), 3, "none.json does not exist"),
        (("verify", "{}/*.none"), 3, "matches nothing"),
        (("verify", "ftp://host/a.json"), 2, "ftp:// URLs are not read"),
        (("verify", "s3://u:hunter2@b/a.json"), 2, "no usable name"),
        (("verify", "{}/reels/7.json?X-Amz-Signature=hunter2"), 2, "queries, signatures"),
        (("verify", "{}/reels/7.json", "--output", "s3://tng-no-such-bucket/a"), 3, "no bucket"),
        (("verify", "{}/reels/7.json", "--output", "{}/folder/"), 3, "names no object"),
        (("verify", "{}/reels/7.json", "--output", "gs://b/a"), 2, "gs:// URLs are not"),
        (("audit", "{}/reels/7.json", "--output", "{}/a.txt"), 2, "which form"),
        (("audit", "{}/reels/7.json", "--output", "s3://tng-no-such-bucket/a.md"), 3, "no bucket"),
        (
            ("audit", "{}/reels/7.json", "--output", "{}/a.md", "--output", "{}/a.md"),
            2,
            "written twice",
        ),
        (("audit", "{}/reels/7.json", "--output", "{}/a.json", "--sign", "k"), 2, "stands beside"),
        (("audit", "{}/reels/7.json", "--expect", "{}/none.csv"), 3, "does not exist"),
        (("diff", "{}/none.json", "{}/none.json"), 3, "does not exist"),
        (("decode", "{}/reels/7.json", "-o", "{}/out"), 2, "of this machine"),
        (("verify", "{}/reels/7.json", "--trust-anchor", "{}/root.pem"), 2, "of this machine"),
        (("plan", "{}/reels/7.json", "--offline", "-o", "{}/p.json"), 2, "of this machine"),
        (("register", "--plan", "{}/p.json"), 2, "of this machine"),
    ],
)
def test_what_cannot_be_used_is_told_with_the_next_step(bucket, reel, arguments, code, told):
    words = [word.format(bucket.url) for word in arguments]
    result = run_tng(*words, expect=code)
    error, hint = result.stderr.strip().splitlines()
    assert told in error
    assert hint.startswith("hint: ")
    assert "hunter2" not in result.output
    assert bucket.keys() == ["reels/7.json"]


@pytest.mark.slow
def test_an_interrupted_run_leaves_the_output_as_it_was(bucket, tmp_path):
    big = tmp_path / "big.json"
    with big.open("wb") as stream:
        write_manifest(stream, make_entries(MicrochipVendor(), 100, style=BARE_STYLE))
    output = bucket.put("report.json", b"before")
    process = subprocess.Popen(
        [*TNG, "verify", "-", *MICROCHIP_TRUST, "--format", "json", "--output", output],
        stdin=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin
    # More than a pipe holds, and no end yet: the run is in the middle of it.
    process.stdin.write(big.read_bytes()[:-2])
    process.stdin.flush()
    process.send_signal(2)
    _, complaint = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in complaint
    assert bucket.get("report.json") == b"before"
    assert bucket.unfinished() == []


def test_commands_of_the_readme_do_what_it_says(bucket, tmp_path):
    shown = [line for line in README.splitlines() if line.startswith("tng ") and "s3://" in line]
    assert {line.split()[1] for line in shown} == {"verify", "audit"}
    bucket.put("reels/7.json", GENUINE.read_bytes())
    bucket.put("orders.csv", b"order,part_number,quantity\n7,ATECC608B,10\n")
    for line in shown:
        words = shlex.split(line.replace("s3://factory", bucket.url))[1:]
        run_tng(*words, *MICROCHIP_TRUST, "--fail-on", "never", expect=0)
    assert json.loads(bucket.get("reports/reels.json"))["summary"]["devices"] == 10
    assert (tmp_path / "audit.html").exists()
