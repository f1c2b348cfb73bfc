"""What is said where the claim does not even get through TLS."""

import ssl

import pytest

from tng.provisioning.conversation import Stage
from tng.provisioning.failures import Circumstances, explain_failure
from tng.provisioning.rejections import CREATE

WHERE = Circumstances(Stage.CONNECTING, CREATE, "iot.example:8883", "tng-1", "Boards", False)


def _alert(reason: str) -> ssl.SSLError:
    error = ssl.SSLError(1, f"[SSL: {reason}] alert")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("TLSV1_ALERT_UNKNOWN_CA", "does not take the claim certificate"),
        ("SSLV3_ALERT_CERTIFICATE_UNKNOWN", "does not take the claim certificate"),
        ("TLSV1_UNRECOGNIZED_NAME", "ends TLS"),
        ("WRONG_VERSION_NUMBER", "ends TLS"),
    ],
)
def test_an_alert_about_the_claim_is_told_from_others(reason, said):
    refused = explain_failure(_alert(reason), WHERE)
    assert said in refused.reason
    assert reason in refused.reason
    assert refused.fatal
    assert "claim certificate is registered and active" in refused.hint
