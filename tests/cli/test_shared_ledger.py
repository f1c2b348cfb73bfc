"""The real ``tng`` with its ledger in a real PostgreSQL: stopped here, gone on with there."""

import json
import signal
from dataclasses import replace

import pytest

from tests.cli.requests import ISSUE, assert_files, assert_issued, write_requests
from tests.cli.workshop import Trigger, interrupt, kill
from tests.postgres import cluster
from tng.sandbox.faults import Fault, Hook, When

AWS = pytest.mark.parametrize("cloud_case", ["ministack"], indirect=True)
AZURE = pytest.mark.parametrize("cloud_case", ["dps-bulk"], indirect=True)


@pytest.fixture
def url():
    return cluster().create()


@pytest.fixture
def elsewhere(workshop, tmp_path_factory):
    """Another host: the same inputs and settings in another working directory."""
    folder = tmp_path_factory.mktemp("elsewhere")
    return replace(workshop, folder=folder)


def counts(workshop, url):
    out, _ = workshop.tng("status", "--ledger", url, "--format", "json")
    (target,) = json.loads(out)["targets"]
    return target


@pytest.mark.slow
@AWS
@pytest.mark.parametrize("end", [kill, interrupt])
def test_what_was_stopped_on_one_host_goes_on_on_another(workshop, elsewhere, case, url, end):
    manifest = workshop.folder / workshop.manifest(12)
    trigger = Trigger(end)
    case.inject(Fault(Hook(When.AFTER, trigger), case.kind.registering, first=4))
    options = ("--ledger", url, "--rate", "20")
    code, _, err = workshop.register_with(trigger, manifest, *case.one, *options)
    assert code == (-signal.SIGKILL if end is kill else 130), err
    assert not (workshop.folder / "tng-ledger.db").exists()

    left = counts(elsewhere, url)
    assert 0 < left["counts"]["pending"] <= 12
    (again,) = left["next"]
    assert f"--ledger {url}" in again.replace("'", "")
    elsewhere.register(manifest, *case.one, "--ledger", url)
    case.assert_registered(case.first, 12)
    assert counts(workshop, url)["counts"]["done"] == 12
    workshop.deregister("--ledger", url, *case.one)
    case.assert_empty(case.first)


@pytest.mark.slow
@AWS
@pytest.mark.parametrize("when", When, ids=str)
def test_a_certificate_that_was_made_on_one_host_is_found_on_another(
    workshop, elsewhere, case, url, when
):
    requests = workshop.folder / write_requests(workshop, 6)
    trigger = Trigger(kill)
    case.inject(Fault(Hook(when, trigger), ISSUE, first=3))
    arguments = (requests, "--csr", *case.one, "--ledger", url)
    code, _, err = workshop.run_with(trigger, "register", *arguments, "--yes")
    assert code == -signal.SIGKILL, err
    elsewhere.tng("register", *arguments, "--yes")
    assert_issued(case, case.first, 6)
    assert_files(elsewhere, 6)
    workshop.deregister("--ledger", url, *case.one)
    case.assert_empty(case.first)


@pytest.mark.slow
@AWS
def test_two_hosts_do_not_work_on_one_target(workshop, elsewhere, case, url):
    manifest = workshop.folder / workshop.manifest(2)
    refused = []

    def meanwhile(_):
        arguments = ("register", manifest, *elsewhere.trust, *case.one, "--yes", "--ledger", url)
        with elsewhere.start(*arguments) as other:
            refused.append((*other.communicate(timeout=60), other.returncode))

    trigger = Trigger(meanwhile)
    case.inject(Fault(Hook(When.BEFORE, trigger), case.kind.registering))
    code, _, err = workshop.register_with(trigger, manifest, *case.one, "--ledger", url)
    assert code == 0, err
    ((_, said, other_code),) = refused
    assert other_code == 3
    assert "is being worked on by process" in said
    case.assert_registered(case.first, 2)


@pytest.mark.slow
@AZURE
def test_hosts_share_the_memory_of_audits(workshop, elsewhere, url):
    """A chip that was delivered before is told, whoever audited the earlier delivery."""
    again = elsewhere.folder / elsewhere.manifest(3, "again.json")
    options = ("--ledger", url, "--format", "json", *workshop.trust)
    workshop.tng("audit", workshop.manifest(2), "--no-remember", *options)
    assert cluster().sql("SELECT to_regnamespace('tng')", url.rpartition("/")[2]) == [(None,)]
    _, err = workshop.tng("audit", workshop.manifest(2), *options)
    assert "An earlier audit saw this chip" not in err
    _, err = elsewhere.tng("audit", again, *options)
    assert "An earlier audit saw this chip in another source (2 devices)" in err


@AZURE
def test_a_password_is_refused_before_anything_is_done(workshop, case):
    url = "postgresql://tng:hidden@db.example/fleet"
    _, err = workshop.register("m.json", *case.one, "--ledger", url, expect=3)
    assert "error: --ledger: the ledger's URL has a password" in err
    assert "PGPASSFILE" in err
    assert "hidden" not in err
    for option in ("mysql://h/db", "postgresql://h:x/db"):
        _, err = workshop.tng("status", "--ledger", option, expect=3)
        assert "postgresql://[USER@]HOST" in err
    assert case.log.writes() == ()


@AZURE
def test_a_password_in_the_variable_is_used_and_not_shown(workshop):
    workshop.environment["TNG_LEDGER"] = "postgresql://tng:hidden@127.0.0.1:1/fleet"
    for more in ((), ("--traceback",)):
        with workshop.start(*more, "status") as process:
            out, err = process.communicate(timeout=60)
        assert "postgresql://127.0.0.1:1/fleet cannot be reached" in err
        assert "hidden" not in out + err
