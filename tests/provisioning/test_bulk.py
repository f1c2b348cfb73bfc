from collections import Counter

from tests.provisioning.fleet_service import board
from tests.station.issuers import SigningIssuer
from tng.apply.stopping import StopSignal
from tng.cli.fleet import issued_exit_code
from tng.csr.issuing import IssuingRefused
from tng.csr.reading import read_request
from tng.exit_codes import ExitCode
from tng.models import Source
from tng.provisioning.bulk import BulkIssue
from tng.report.issued import IssuedTally
from tng.testing.requests import board_serial, forged_request


def test_a_stop_ends_it_after_the_device_at_hand():
    stop, issuer = StopSignal(), SigningIssuer()
    issuer.before = lambda _: stop.set()
    results = list(BulkIssue(issuer, stop).results([board(1), board(2)]))
    assert [result.device_id for result in results] == [board_serial(1)]


def test_a_forged_request_is_never_asked_with():
    issuer = SigningIssuer()
    outcomes = [read_request(forged_request(4), Source("forged.csr")), board(1)]
    first, second = BulkIssue(issuer, StopSignal()).results(outcomes)
    assert first.reason.startswith("forged.csr: csr-signature-invalid")
    assert second.passed
    assert issuer.asked == [board_serial(1)]


def test_exit_codes_tell_how_a_run_ended():
    some = IssuedTally(Counter(passed=2, failed=1))
    fatal = IssuingRefused("claim gone", "renew it", fatal=True)
    assert issued_exit_code(IssuedTally(), None, interrupted=False) is ExitCode.DONE
    assert issued_exit_code(some, None, interrupted=False) is ExitCode.PARTIAL
    assert issued_exit_code(some, fatal, interrupted=False) is ExitCode.REFUSED
    assert issued_exit_code(some, fatal, interrupted=True) is ExitCode.INTERRUPTED
