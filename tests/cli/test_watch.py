"""``tng watch`` as a process, over https against the stand-in; devices register beside it."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest

from tests.cli.processes import TNG, environment
from tests.sandbox.dps.devices import VENDOR
from tng.sandbox.dps.device_registration import Caller, DeviceBehaviour
from tng.sandbox.dps.quotas import UNLIMITED
from tng.sandbox.dps.sandbox import DpsSandbox, RunningDps
from tng.sandbox.faults import Fault, Slow
from tng.testing.manifest import make_entry, write_manifest
from tng.testing.trust_files import write_microchip_trust
from tng.x509.certificate import read_certificate

pytestmark = pytest.mark.slow

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
COUNT = 4


def name_of(number):
    return read_certificate(VENDOR.device(number).certificate).subject.common_name


def chip_of(number):
    return VENDOR.device(number).unique_id


def valid(document, schema):
    jsonschema.Draft202012Validator(json.loads((SCHEMAS / schema).read_text())).validate(document)
    return document


@dataclass
class Bench:
    """A folder with a manifest and ``tng.toml``, and the stand-in; chips are registered in it."""

    folder: Path
    running: RunningDps

    @property
    def state(self):
        return self.running.state.instances[0]

    def environment(self):
        name = self.running.instances[0].name
        return environment(
            TNG_DPS_CONNECTION_STRING=self.running.connection_string(name), COLUMNS="200"
        )

    def start(self, *arguments):
        return subprocess.Popen(
            [*TNG, *arguments], cwd=self.folder, env=self.environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def tng(self, *arguments, expect=0):
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=60)
        assert process.returncode == expect, (process.returncode, out, err)
        return out, err

    def come(self, *numbers):
        """These chips register themselves, and are given a hub (or not)."""
        registrations = self.running.registrations
        for number in numbers:
            name = name_of(number)
            caller = Caller(self.state.instance.id_scope, name, VENDOR.device(number).certificate)
            answer = registrations.register(caller, json.dumps({"registrationId": name}).encode())
            operation = answer.document.get("operationId")
            if operation and registrations.behaviour.assigning_polls is not None:
                registrations.operation_status(caller, operation)

    def register(self):
        self.tng(
            "register", "manifest.json", "--target", "plant", "--yes",
            "--trust-anchor", "trust/root.pem",
            "--manifest-signer", "trust/manifest-signer.pem",
        )  # fmt: skip


@pytest.fixture
def bench(tmp_path):
    write_microchip_trust(tmp_path / "trust", VENDOR)
    with (tmp_path / "manifest.json").open("wb") as stream:
        write_manifest(stream, (make_entry(VENDOR, VENDOR.device(n)) for n in range(COUNT)))
    with DpsSandbox(quota=UNLIMITED) as running:
        (tmp_path / "tng.toml").write_text(
            f'[targets.plant]\ncloud = "azure"\ndps_host = "{running.instances[0].hosts[0]}"\n'
            f'ca_file = "{running.ca_file}"\nrate = 200\n'
            '[targets.elsewhere]\ncloud = "aws"\nregion = "eu-central-1"\npolicy = ["p"]\n'
        )
        bench = Bench(tmp_path, running)
        bench.register()
        running.server.log.clear()
        yield bench


def rows(out):
    return {row["device_id"]: row for row in csv.DictReader(io.StringIO(out))}


def test_each_device_goes_from_unassigned_to_assigned(bench):
    bench.come(0)
    with bench.start("watch", "--interval", "0.1", "--format", "jsonl") as process:
        lines = [json.loads(process.stdout.readline())]
        bench.running.registrations.behave(DeviceBehaviour(assigning_polls=None))
        wait_for_looks(bench, COUNT)
        bench.come(1)
        lines.append(json.loads(process.stdout.readline()))
        bench.running.registrations.behave(DeviceBehaviour())
        bench.come(1, 2, 3)
        out, err = process.communicate(timeout=30)
    lines += [json.loads(line) for line in out.splitlines()]
    for line in lines:
        valid(line, "tng.watch-lines.1.json")
    kinds = [line["message_type"] for line in lines]
    assert (process.returncode, kinds[0], kinds[-1]) == (0, "begin", "summary"), err
    seen = [
        (line["device_id"], line["before"], line["standing"])
        for line in lines
        if line["message_type"] == "change"
    ]
    assert seen[0] == (chip_of(1), "unassigned", "assigning")
    assert set(seen[1:]) == {
        (chip_of(1), "assigning", "assigned"),
        (chip_of(2), "unassigned", "assigned"),
        (chip_of(3), "unassigned", "assigned"),
    }
    devices = [line for line in lines if line["message_type"] == "device"]
    assert {line["standing"] for line in devices} == {"assigned"}
    assert {line["place"] for line in devices} == set(bench.state.instance.hubs)
    assert lines[-1]["targets"][0]["counts"]["assigned"] == COUNT
    assert f"{chip_of(2)} ({name_of(2).lower()}): unassigned → assigned" in err
    assert err.count("→") == 4


def wait_for_looks(bench, count):
    deadline = time.monotonic() + 60
    while bench.running.server.log.counts()["GetEnrollment"] < count:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_once_tells_who_is_missing_and_how_to_go_on(bench):
    bench.come(0, 2)
    out, err = bench.tng("watch", "--target", "plant", "--once", expect=4)
    lines = out.splitlines()
    assert lines[0].startswith("target plant: azure, 127.0.0.1:")
    assert [line.strip() for line in lines[1:3]] == ["2  unassigned", "2  assigned"]
    assert [line.split(":")[0].strip() for line in lines[3:]] == ["unassigned"] * 2 + [
        "assigned"
    ] * 2
    assert "to go on watching: tng watch --target plant\n" in err
    assert "2/4 assigned, 2 unassigned, longest: " in err


def test_all_assigned_is_success(bench):
    bench.come(*range(COUNT))
    out, err = bench.tng("watch", "--once", "--format", "json")
    document = valid(json.loads(out), "tng.watch.1.json")
    assert document["result"] == "done"
    (target,) = document["targets"]
    assert target["counts"]["assigned"] == target["devices_watched"] == COUNT
    assert {item["assigned_device_id"] for item in target["devices"]} == {
        name_of(n) for n in range(COUNT)
    }
    assert "to go on" not in err


def test_every_end_of_a_device_is_told(bench):
    documents = {n: bench.state.enrollments[name_of(n).lower()].document for n in range(COUNT)}
    documents[1]["iotHubs"] = ["not-linked.azure-devices.net"]
    documents[2]["provisioningStatus"] = "disabled"
    bench.come(0, 1, 2)
    del bench.state.enrollments[name_of(3).lower()]
    out, err = bench.tng("watch", "--once", "--format", "csv", expect=4)
    found = rows(out)
    assert [found[chip_of(n)]["standing"] for n in range(COUNT)] == [
        "assigned", "failed", "disabled", "gone",
    ]  # fmt: skip
    assert found[chip_of(1)]["message"] == "No linked IoT hub can be assigned to this device."
    assert "1 are not registered there any more" in err


def test_one_device_can_be_watched_alone(bench):
    bench.come(2)
    out, _ = bench.tng("watch", "--device", name_of(2), "--format", "csv")
    assert list(rows(out)) == [chip_of(2)]


def test_the_timeout_holds_though_the_service_does_not_answer(bench):
    bench.running.server.inject(Fault(Slow(40), "GetEnrollment", count=None))
    started = time.monotonic()
    out, err = bench.tng("watch", "--timeout", "3", "--format", "csv", expect=4)
    assert time.monotonic() - started < 35
    assert {row["standing"] for row in rows(out).values()} == {""}
    assert "the time is over" in err
    assert "to go on watching: tng watch --timeout 3" in err


def test_interrupting_ends_in_order_with_what_was_seen(bench):
    bench.come(0)
    with bench.start("watch", "--interval", "0.2", "--format", "json") as process:
        wait_for_looks(bench, COUNT + 1)
        os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
    document = valid(json.loads(out), "tng.watch.1.json")
    assert (process.returncode, document["result"]) == (130, "interrupted")
    assert document["targets"][0]["counts"]["assigned"] == 1
    assert "to go on watching: tng watch" in err


def test_quiet_says_nothing_but_the_data(bench):
    bench.come(*range(COUNT))
    out, err = bench.tng("-q", "watch", "--once", "--format", "csv")
    assert (len(rows(out)), err) == (COUNT, "")


def test_a_refused_key_is_refused(bench):
    instance = bench.state.instance
    instance.keys["provisioningserviceowner"] = "c3RvbGVuIGFuZCByb3RhdGVk"
    string = bench.running.connection_string(instance.name)
    instance.keys["provisioningserviceowner"] = "YW5vdGhlciBvbmUgYWx0b2dldGhlcg=="
    done = subprocess.run(
        [*TNG, "watch"], cwd=bench.folder, timeout=60, check=False, capture_output=True, text=True,
        env=bench.environment() | {"TNG_DPS_CONNECTION_STRING": string},
    )  # fmt: skip
    assert done.returncode == 5, done
    assert "target plant cannot be watched" in done.stdout
    assert "c3RvbGVu" not in done.stdout + done.stderr


def test_a_target_in_aws_is_no_target_to_watch(bench):
    _, err = bench.tng("watch", "--target", "plant", "--target", "elsewhere", expect=2)
    assert "error: elsewhere cannot be watched: aws does not tell" in err
    assert "$aws/events/presence/connected/+" in err


def test_a_device_that_was_never_registered_is_an_error(bench):
    _, err = bench.tng("watch", "--device", "typo", expect=3)
    assert "no registered device 'typo' on plant" in err


def test_without_a_ledger_there_is_nothing_to_watch(bench):
    _, err = bench.tng("watch", "--ledger", "none.db", expect=3)
    assert "none.db" in err


def test_what_the_cloud_says_does_nothing_on_a_terminal_or_in_a_program(bench):
    hostile = "\x1b[2J[red]\u202egnp\r\nplant: fine"
    bench.come(*range(COUNT))
    for enrollment in bench.state.enrollments.values():
        enrollment.registration |= {
            "status": "failed", "errorMessage": hostile, "assignedHub": hostile,
            "deviceId": hostile, "lastUpdatedDateTimeUtc": hostile,
        }  # fmt: skip
    for form in ("columns", "csv", "json", "jsonl"):
        out, err = bench.tng("watch", "--once", "--format", form, expect=4)
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", (out + err).replace("\r\n", ""))
        assert not [line for line in out.splitlines() if line.startswith("plant: fine")]
