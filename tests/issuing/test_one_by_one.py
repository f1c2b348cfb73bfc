"""One request after another, as a bench asks: with the plan, engine and ledger of many."""

from contextlib import contextmanager

import pytest

from tests.requested_devices import name_of, requested
from tng.apply.stopping import StopSignal
from tng.clouds.interface import ISSUE
from tng.clouds.registry import CloudOpener, select_targets
from tng.config.loading import load_settings
from tng.csr.issuing import IssuedCertificate, IssuingRefused
from tng.errors import LedgerError, TargetError
from tng.issuing.folder import CertificateFolder
from tng.issuing.one_by_one import CloudIssuer
from tng.ledger import DeviceState, SqliteLedger
from tng.registration import open_targets
from tng.sandbox.configuration import SandboxFiles
from tng.sandbox.faults import Fault, LostReply, When
from tng.x509.pem import certified_key


@pytest.fixture
def ledger(tmp_path):
    with SqliteLedger(tmp_path / "ledger.db") as opened:
        yield opened


@pytest.fixture
def bench(tmp_path, monkeypatch, ledger):
    """Opens a bench on a target of a cloud."""
    folder = tmp_path / "configuration"

    @contextmanager
    def opened(case, stop=None):
        environment = case.environment(folder)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        files = SandboxFiles(folder)
        files.write(case.sections(), case.side_files())
        settings = load_settings(files.configuration, {}, folder)
        chosen = select_targets(settings, [case.first.name], {})
        stop = stop or StopSignal()
        opener = CloudOpener(threads=4, environment=environment)
        (one,) = open_targets(chosen, opener.open, stop)

        def keeper_of(plan):
            return CertificateFolder(tmp_path / "made", {plan.key: plan.name})

        (tmp_path / "made").mkdir(exist_ok=True)
        issuer = CloudIssuer(one, ledger, command="tng station", stop=stop, keeper_of=keeper_of)
        with issuer:
            yield issuer

    return opened


def test_each_device_gets_one_certificate_and_the_same_again(aws_case, bench, ledger, tmp_path):
    with bench(aws_case) as issuer:
        first = issuer.issue(requested(1))
        assert isinstance(first, IssuedCertificate)
        assert certified_key(first.pem) == requested(1).request.key
        assert (first.thing_name, first.already) == (name_of(1), False)
        aws_case.inject(Fault(LostReply(When.AFTER), ISSUE))
        second = issuer.issue(requested(2))
        again = issuer.issue(requested(1))
    assert (again.pem, again.certificate_id, again.already) == (
        first.pem, first.certificate_id, True,
    )  # fmt: skip
    expected = {first.certificate_id, second.certificate_id}
    assert set(aws_case.registered(aws_case.first)) == expected
    assert (tmp_path / "made" / f"{name_of(2)}.pem").read_text() == second.pem
    with bench(aws_case) as issuer:
        assert issuer.issue(requested(2)).certificate_id == second.certificate_id
    (target,) = ledger.targets()
    assert ledger.counts(target.key) == {DeviceState.DONE: 2}
    assert {row.certificate_id for row in ledger.devices(target.key)} == expected


def test_a_name_that_is_taken_is_refused_and_the_next_device_is_served(aws_case, bench):
    with bench(aws_case) as issuer:
        issuer.issue(requested(1))
        refused = issuer.issue(requested(2, name=name_of(1)))
        assert isinstance(refused, IssuingRefused)
        assert "belongs to another certificate" in refused.reason
        assert not refused.fatal
        assert refused.attention
        assert isinstance(issuer.issue(requested(3)), IssuedCertificate)


def test_a_known_key_keeps_its_name_in_a_later_session(aws_case, bench, ledger, tmp_path):
    with bench(aws_case) as issuer:
        assert issuer.known_as(requested(1).request.key) == ""
        first = issuer.issue(requested(1, name="S-5"))
    with bench(aws_case) as issuer:
        assert issuer.known_as(requested(1).request.key) == "S-5"
        again = issuer.issue(requested(1))
    assert (again.thing_name, again.certificate_id) == ("S-5", first.certificate_id)
    (target,) = ledger.targets()
    assert [row.device_id for row in ledger.devices(target.key)] == ["S-5"]
    assert [file.name for file in (tmp_path / "made").glob("*.pem")] == ["S-5.pem"]


def test_a_device_of_which_nothing_was_made_may_come_under_another_name(aws_case, bench, ledger):
    with bench(aws_case) as issuer:
        issuer.issue(requested(1))
        assert isinstance(issuer.issue(requested(2, name=name_of(1))), IssuingRefused)
        (target,) = ledger.targets()
        assert ledger.counts(target.key)[DeviceState.ATTENTION] == 1
        assert issuer.known_as(requested(2).request.key) == ""
        assert issuer.issue(requested(2)).thing_name == name_of(2)


def test_the_target_is_held_all_the_time(aws_case, bench, ledger):
    with (
        bench(aws_case) as issuer,
        pytest.raises(LedgerError, match="being worked on"),
        bench(aws_case),
    ):
        pass
    with bench(aws_case) as issuer:
        assert isinstance(issuer.issue(requested(1)), IssuedCertificate)


def test_an_interrupted_bench_serves_nobody_any_more(aws_case, bench):
    stop = StopSignal()
    with bench(aws_case, stop=stop) as issuer:
        stop.set()
        refused = issuer.issue(requested(1))
    assert isinstance(refused, IssuingRefused)
    assert refused.fatal
    assert aws_case.registered(aws_case.first) == {}


def test_dps_takes_no_requests(dps_case, bench):
    with bench(dps_case) as issuer:
        dps_case.log.clear()
        with pytest.raises(TargetError, match="takes certificates, not requests"):
            issuer.issue(requested(1))
    assert len(dps_case.log) == 0
