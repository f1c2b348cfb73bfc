"""The list of an account's certificates: paged as AWS does, and whatever may come instead."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.clouds.aws.conftest import call_at_once
from tests.clouds.aws.test_inspection import PagedAccount, inspector_of, others
from tests.planned_devices import verified
from tng.clouds.aws.adapter import AwsCloud
from tng.clouds.aws.holding import held_devices
from tng.clouds.aws.sessions import AwsSessions
from tng.clouds.aws.settings import AwsSettings
from tng.clouds.interface import HeldDevice, TransientError

SETTINGS = AwsSettings(name="")


def test_every_page_is_read_and_none_twice():
    account = PagedAccount(others(600), {})
    assert {item.keys[0]: item.status for item in held_devices(account, call_at_once)} == others(
        600
    )
    assert account.calls == {"ListCertificates": 3}


def test_the_whole_list_leaves_no_certificate_to_be_asked_for():
    """Not even where there are far more certificates than devices."""
    device = verified(1)
    account = PagedAccount({**others(5000), device.leaf.sha256: "ACTIVE"}, {})
    inspector = inspector_of(account, SETTINGS)
    held = held_devices(account, call_at_once)
    assert set(inspector.inspect_held([device, verified(2)], held).states) == {device.leaf.sha256}
    assert account.calls == {"ListCertificates": 21}


class Handler(BaseHTTPRequestHandler):
    """Answers everything with one body."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *_):
        pass


@contextmanager
def answering(body):
    """A target whose every answer is ``body``."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.body = body
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}"
            settings = AwsSettings("x", region="eu-central-1", account="1" * 12, endpoint_url=url)
            cloud = AwsCloud(settings, AwsSessions(threads=2), call_at_once)
            cloud.preflight(offline=True)
            yield cloud
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def credentials(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "1" * 12)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "irrelevant")


@pytest.mark.parametrize(
    "body",
    [
        b"<html>welcome</html>",
        b"",
        b"{}",
        b"[]",
        b'"text"',
        b"5",
        b"[" * 200_000,
        b'{"certificates": 5}',
        b'{"certificates": "abc"}',
        b'{"certificates": [5]}',
        b'{"certificates": null}',
        b'{"certificates": [], "nextMarker": 5}',
        b'{"certificates": [{"creationDate": "then"}]}',
        b'{"certificates": [{"creationDate": 1e400}]}',
    ],
)
def test_an_answer_that_is_no_list_is_not_taken_for_an_empty_one(body):
    with answering(body) as cloud:
        with pytest.raises(TransientError, match="UnreadableReply"):
            list(cloud.held())
        with pytest.raises(TransientError, match="UnreadableReply"):
            cloud.inspect([verified(1)])


def test_what_has_no_usable_id_is_held_all_the_same():
    items = [
        {},
        None,
        {"certificateId": 7, "status": [1]},
        {"certificateId": "AB" * 32, "status": "ACTIVE\x1b[31m"},
        {"certificateId": "x" * 100_000},
        {"certificateId": "ab" * 32, "status": "REVOKED"},
    ]
    with answering(json.dumps({"certificates": items}).encode()) as cloud:
        assert list(cloud.held()) == [
            HeldDevice((), "", ""),
            HeldDevice((), "", ""),
            HeldDevice((), "7", ""),
            HeldDevice((), "AB" * 32, "ACTIVE [31m"),
            HeldDevice((), "x" * 128, ""),
            HeldDevice(("ab" * 32,), "", "REVOKED"),
        ]
