"""One trial at AWS, and what its end has to be like."""

from tng.device.aws import AwsTrial, Patience, connect_to_aws
from tng.device.connection import Connected, Unsafe
from tng.device.connection_hints import hint

SECONDS = 20
BRIEF = Patience(listen=0.3, fight=0.3, echo=5)


def attempt(endpoint, credentials, client_id="device-1", seconds=SECONDS, **more):
    """What it comes to; every failure has a hint."""
    trial = AwsTrial(endpoint, credentials, client_id, **more)
    result = connect_to_aws(trial, timeout_seconds=seconds, patience=BRIEF)
    assert isinstance(result, Connected) or hint(result.reason)
    return result


def unreached(result, reason):
    assert isinstance(result, Unsafe), result
    assert result.reason == reason, result
    return result.message
