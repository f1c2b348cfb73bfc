"""A service of each test's own, over real https, seen by the adapter and by the real SDK."""

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tng.clouds.azure.adapter import AzureCloud
from tng.clouds.azure.sessions import AzureSessions
from tng.clouds.azure.settings import CONNECTION_STRING_VARIABLE, AzureSettings
from tng.sandbox.authority import SandboxAuthority
from tng.sandbox.dps.quotas import UNLIMITED
from tng.sandbox.dps.sandbox import DEFAULT_INSTANCES, DpsSandbox, RunningDps


def call_at_once(operation, call):
    """A `Caller` without rates and retries."""
    return call()


@pytest.fixture
def start() -> Iterator[Callable[..., RunningDps]]:
    """Starts stand-ins with settings of one's own."""
    with ExitStack() as stack:

        def start_one(*specifications, **settings) -> RunningDps:
            settings = {"quota": UNLIMITED, **settings}
            return stack.enter_context(DpsSandbox(specifications or DEFAULT_INSTANCES, **settings))

        yield start_one


@pytest.fixture
def running(start) -> RunningDps:
    """A stand-in with one instance and no quota."""
    return start()


@pytest.fixture
def environment(running) -> dict[str, str]:
    """The variables with the secrets."""
    name = running.instances[0].name
    return {CONNECTION_STRING_VARIABLE: running.connection_string(name)}


@pytest.fixture
def settings(running) -> AzureSettings:
    """The service by its host; by key, as the environment has one."""
    return AzureSettings("test", dps_host=running.instances[0].hosts[0], ca_file=running.ca_file)


@pytest.fixture
def discovered(running, monkeypatch) -> AzureSettings:
    """The service by its name; by login, as a managed identity."""
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    instance = running.instances[0]
    return AzureSettings(
        "test",
        dps=instance.name,
        resource_group=instance.resource_group,
        subscription=instance.subscription,
        arm_endpoint=running.management_url,
        ca_file=running.ca_file,
    )


@pytest.fixture
def cloud_of(environment) -> Callable[..., AzureCloud]:
    """Opens a target, after its preflight."""

    def open_cloud(settings: AzureSettings, caller=call_at_once) -> AzureCloud:
        cloud = AzureCloud(settings, AzureSessions(4, environment), caller)
        cloud.preflight(offline=False)
        return cloud

    return open_cloud


@pytest.fixture
def cloud(cloud_of, settings) -> AzureCloud:
    return cloud_of(settings)


@pytest.fixture
def answering(tmp_path) -> Iterator[Callable[..., tuple[str, Path, list[bytes]]]]:
    """Starts an https server that answers each request with the next of some octets.

    Gives its host, the file of its CA, and the requests that it has seen.
    """
    with ExitStack() as stack:

        def begin(answers: Sequence[bytes]) -> tuple[str, Path, list[bytes]]:
            authority = SandboxAuthority()
            ca_file = tmp_path / "answering-ca.pem"
            ca_file.write_text(authority.ca_pem)
            listener = stack.enter_context(closing(socket.create_server(("127.0.0.1", 0))))
            context, seen = authority.server_context(), []
            arguments = (listener, context, list(answers), seen)
            threading.Thread(target=_answer, args=arguments, daemon=True).start()
            return f"127.0.0.1:{listener.getsockname()[1]}", ca_file, seen

        yield begin


def _answer(
    listener: socket.socket, context: ssl.SSLContext, answers: list[bytes], seen: list[bytes]
) -> None:
    while answers:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with closing(connection):
            try:
                with context.wrap_socket(connection, server_side=True) as stream:
                    seen.append(_whole_request(stream))
                    stream.sendall(answers.pop(0))
            except OSError:
                continue


def _whole_request(stream: ssl.SSLSocket) -> bytes:
    """All of it: closing over what was not read would take the answer back."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += stream.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    found = re.search(rb"(?i)content-length: *(\d+)", head)
    while found and len(body) < int(found[1]):
        body += stream.recv(65536)
    return head + body
