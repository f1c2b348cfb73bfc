"""What an audit takes for registered: of requests, the certificates that they got."""

from tests.ledger.entering import EU, KEY, enroll, record
from tng.audit.elsewhere import recorded_keys
from tng.clouds.interface import ISSUE
from tng.ledger import DeviceMark, DeviceState, Intent, SqliteLedger, StepMark, StepState


def test_a_request_is_recorded_by_its_certificate(tmp_path):
    with SqliteLedger(tmp_path / "ledger.db") as ledger:
        enroll(ledger, KEY, "ef" * 32, state=DeviceState.DONE)
        record(
            ledger,
            Intent(ISSUE, KEY, 0, absent=True),
            StepMark(ISSUE, KEY, StepState.DONE, made=True, note="c0" * 32),
            DeviceMark(DeviceState.DONE),
        )
        assert set(recorded_keys(ledger, EU.key)) == {"c0" * 32, "ef" * 32}
