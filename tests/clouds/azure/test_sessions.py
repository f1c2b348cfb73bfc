"""Connections and logins: enough, shared, and made once."""

import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from azure.core.credentials import AccessTokenInfo
from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest
from urllib3.exceptions import HTTPError

from tests.planned_devices import verified
from tng.clouds.azure.failures import converted
from tng.clouds.azure.sessions import LoginCredential
from tng.clouds.azure.transport import CONNECT_TIMEOUT, READ_TIMEOUT, make_transport
from tng.clouds.interface import DoneStep, TransientError
from tng.sandbox.authority import SandboxAuthority


class SlowLogin:
    """A credential that counts how often it is asked."""

    def __init__(self, lifetime: float) -> None:
        self.asked: list[tuple[str, ...]] = []
        self._lifetime = lifetime

    def get_token_info(self, *scopes, options=None):
        self.asked.append(scopes)
        time.sleep(0.02)
        return AccessTokenInfo(f"token{len(self.asked)}", int(time.time() + self._lifetime))


def test_many_threads_ask_for_one_token():
    login = SlowLogin(3600)
    shared = LoginCredential(login)
    barrier = threading.Barrier(8)

    def ask(_):
        barrier.wait()
        return shared.get_token("scope").token

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {"token1"}
    assert login.asked == [("scope",)]
    shared.get_token_info("other")
    assert login.asked == [("scope",), ("other",)]


def test_a_token_that_is_about_to_end_is_asked_for_anew():
    login = SlowLogin(60)
    shared = LoginCredential(login)
    assert [shared.get_token_info("scope").token for _ in range(2)] == ["token1", "token2"]


def test_a_challenge_is_answered_past_the_memory():
    login = SlowLogin(3600)
    shared = LoginCredential(login)
    shared.get_token("scope")
    assert shared.get_token("scope", claims="c", tenant_id="t").token == "token2"


def test_the_timeouts_and_the_pool_are_ours():
    transport = make_transport(32, None)
    assert transport.connection_config.timeout == CONNECT_TIMEOUT
    assert transport.connection_config.read_timeout == READ_TIMEOUT
    adapter = transport.session.get_adapter("https://x")
    assert adapter.max_retries.total == 0
    assert adapter._pool_maxsize == 32
    transport.close()


@pytest.mark.parametrize(
    "beginning",
    [
        b"HTTP/1.1 200 OK\r\nX-Long: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
def test_an_answer_that_comes_drop_by_drop_is_not_waited_for(tmp_path, beginning):
    authority = SandboxAuthority()
    ca_file = tmp_path / "ca.pem"
    ca_file.write_text(authority.ca_pem)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        drops = (listener, authority.server_context(), beginning)
        threading.Thread(target=drip, args=drops, daemon=True).start()
        with make_transport(1, ca_file, reply_seconds=0.3) as transport:
            url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
            started = time.monotonic()
            with pytest.raises((AzureError, HTTPError)) as caught:
                transport.send(HttpRequest("GET", url))
            assert time.monotonic() - started < 20
            assert isinstance(converted(caught.value), TransientError)


def drip(listener, context, beginning):
    with suppress(OSError):
        connection, _ = listener.accept()
        with context.wrap_socket(connection, server_side=True) as stream:
            stream.recv(65536)
            stream.sendall(beginning)
            for _ in range(600):
                stream.sendall(b"1")
                time.sleep(0.1)


def test_threads_share_an_adapter(cloud):
    devices = [verified(number) for number in range(40)]
    view = cloud.inspect(devices)
    steps = [cloud.steps(cloud.plan_device(device, view))[0] for device in devices]
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(cloud.perform, steps)) == {DoneStep()}
    assert cloud.inspect(devices).held == 40


def test_without_a_login_one_line_says_so_and_nothing_goes_to_stderr(tmp_path):
    program = (
        "from tng.clouds.azure.adapter import AzureCloud\n"
        "from tng.clouds.azure.sessions import AzureSessions\n"
        "from tng.clouds.azure.settings import AzureSettings\n"
        "from tng.errors import TargetError\n"
        "settings = AzureSettings('t', dps_host='127.0.0.1:1', auth='login')\n"
        "cloud = AzureCloud(settings, AzureSessions(1, {}), lambda operation, call: call())\n"
        "try:\n    cloud.preflight(offline=False)\n"
        "except TargetError as error:\n    print(error.message, error.hint, sep='|')\n"
    )
    # Only the variables of a service principal are tried, and there are none.
    environment = {
        "PATH": str(tmp_path),
        "HOME": str(tmp_path),
        "AZURE_TOKEN_CREDENTIALS": "EnvironmentCredential",
    }
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    message, hint = done.stdout.strip().split("|")
    assert message == "nobody is signed in: azure-identity found no credentials that work"
    assert "az login" in hint
    assert done.stderr == ""
