"""Credentials and sessions: shared where they can be, renewed where they must be."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar
from urllib.parse import parse_qs

import pytest

from tng.clouds.aws.api import AwsApi
from tng.clouds.aws.sessions import AwsSessions
from tng.clouds.aws.settings import AwsSettings
from tng.clouds.registry import select_targets
from tng.config import load_settings

_CREDENTIALS = """<AssumeRoleResponse><AssumeRoleResult><Credentials>
<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
<SessionToken>t</SessionToken><Expiration>{end}</Expiration>
</Credentials></AssumeRoleResult></AssumeRoleResponse>"""
_IDENTITY = """<GetCallerIdentityResponse><GetCallerIdentityResult>
<Account>{account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"""


class ShortLivedRoles(BaseHTTPRequestHandler):
    """An STS whose credentials last a minute: always within the window of renewal."""

    calls: ClassVar[Counter[str]] = Counter()

    def do_POST(self):
        request = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        action = request["Action"][0]
        self.calls[action] += 1
        end = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
        key = f"ASIA{self.calls['AssumeRole']:016d}"
        signer = self.headers["Authorization"].split("Credential=")[1].split("/")[0]
        texts = {
            "AssumeRole": _CREDENTIALS.format(key=key, end=end),
            "GetCallerIdentity": _IDENTITY.format(account=signer),
        }
        body = texts[action].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Keep the test's output quiet."""


@pytest.fixture
def sts(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "111111111111")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "irrelevant")
    ShortLivedRoles.calls.clear()
    with HTTPServer(("127.0.0.1", 0), ShortLivedRoles) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_role_is_assumed_at_the_endpoint_and_renewed_while_a_run_lasts(sts):
    settings = AwsSettings(
        name="", endpoint_url=sts, role_arn="arn:aws:iam::222222222222:role/registrar"
    )
    client = AwsSessions(threads=2).client(settings, "sts", "eu-central-1")
    assert ShortLivedRoles.calls["AssumeRole"] == 0
    signers = [AwsApi(client).call("GetCallerIdentity", {})["Account"] for _ in range(3)]
    client.close()
    assert len(set(signers)) > 1
    assert "111111111111" not in signers


def test_clients_do_not_retry_and_have_a_connection_for_every_thread():
    sessions = AwsSessions(threads=64)
    client = sessions.client(AwsSettings(name=""), "iot", "eu-central-1")
    config = client.meta.config
    assert config.retries["total_max_attempts"] == 1
    assert config.max_pool_connections == 64
    assert (config.connect_timeout, config.read_timeout) == (5, 15)


def test_the_configuration_that_the_sandbox_writes_opens_both_accounts(cloud, cloud_files):
    loaded = load_settings(cloud_files.configuration, {}, cloud_files.configuration.parent)
    targets = select_targets(loaded, [table.name for table in loaded.targets], {})
    sessions = AwsSessions(threads=2)
    found = []
    for target in targets:
        client = sessions.client(target, "sts", sessions.region(target))
        found.append(AwsApi(client).call("GetCallerIdentity", {})["Account"])
        client.close()
    assert found == [cloud.eu.account, cloud.us.account]
