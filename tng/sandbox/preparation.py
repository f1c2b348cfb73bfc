"""What a sandbox account holds before the first device comes: a policy, a type, a group.

The calls are made without the SDK, so that nothing of the user's AWS environment
(profiles, endpoints, retries) can reach into the sandbox. Emulators check no signature.
"""

import http.client
import json
from collections.abc import Mapping

from tng.errors import ConfigurationError
from tng.policies.examples import Place, example

POLICY_NAME = "tng-device"
THING_TYPE = "secure-element"
THING_GROUP = "sandbox"

_SECONDS = 30.0
_SHOWN = 300


def device_policy() -> str:
    """A least-privilege IoT policy: a device speaks as its own thing only (JSON text)."""
    return example("device-policy").render(Place())


def prepare_account(port: int, account: str, region: str) -> None:
    """Make policy, thing type and thing group in an account; there already is fine.

    Raises `ConfigurationError` if the emulator refuses.
    """
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={account}/20260101/{region}/iot/aws4_request, "
        "SignedHeaders=host, Signature=none"
    )
    paths: Mapping[str, Mapping[str, str]] = {
        f"/policies/{POLICY_NAME}": {"policyDocument": device_policy()},
        f"/thing-types/{THING_TYPE}": {},
        f"/thing-groups/{THING_GROUP}": {},
    }
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        for path, body in paths.items():
            _create(connection, path, body, authorization)
    except (OSError, http.client.HTTPException) as error:
        raise ConfigurationError(
            f"the emulator does not answer: {error!r}", hint="Start the sandbox again."
        ) from error
    finally:
        connection.close()


def _create(
    connection: http.client.HTTPConnection, path: str, body: Mapping[str, str], authorization: str
) -> None:
    headers = {"Authorization": authorization, "Content-Type": "application/json"}
    connection.request("POST", path, json.dumps(body), headers)
    answer = connection.getresponse()
    text = answer.read().decode("utf-8", "replace")
    if answer.status not in (200, 409):
        raise ConfigurationError(
            f"the emulator answered {answer.status} to {path}: {text[:_SHOWN]}",
            hint="Try the other emulator: --emulator moto or --emulator ministack",
        )
