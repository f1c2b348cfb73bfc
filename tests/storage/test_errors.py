"""What stands between us and an object, told in our words: the clients' real errors, converted."""

import socket
import ssl
from pathlib import Path

import aiohttp
import pytest
from azure.core.exceptions import ServiceRequestError
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError, SSLError

from tests.commands import run_tng
from tests.judging import MANIFESTS, MICROCHIP_TRUST
from tests.storage.buckets import aws_environment, use_environment
from tng.storage.errors import NotFoundError, UnreachableError, as_storage_error
from tng.storage.locations import parse_url

S3 = parse_url("s3://reels/a.json")
AZURE = parse_url("az://reels/a.json")


def because(error: Exception, cause: Exception) -> Exception:
    """``error`` as the client raises it because of ``cause``."""
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("url", "error", "told"),
    [
        (
            S3,
            because(
                EndpointConnectionError(endpoint_url="http://127.0.0.1:9"),
                ConnectionRefusedError(111, "Connect call failed"),
            ),
            "cannot be reached: it refuses connections",
        ),
        (
            AZURE,
            because(
                ServiceRequestError("Cannot connect"),
                socket.gaierror(-2, "Name or service not known"),
            ),
            "cannot be reached: the name of its host is not known",
        ),
        (
            S3,
            because(SSLError(endpoint_url="x", error="y"), ssl.SSLCertVerificationError(1, "z")),
            "cannot be reached: its TLS certificate is not trusted",
        ),
        (S3, ReadTimeoutError(endpoint_url="x"), "cannot be reached: it does not answer"),
        (S3, aiohttp.ClientPayloadError("cut"), "the connection to the service broke"),
    ],
)
def test_a_service_that_cannot_be_reached_is_told_in_our_words(url, error, told):
    made = as_storage_error(error, url)
    assert isinstance(made, UnreachableError)
    assert made.message.startswith(f"{url}: ")
    assert made.message.endswith(told)
    assert "Error" not in made.message
    assert made.hint.startswith("Check the network")


def test_what_is_missing_is_called_what_the_service_calls_it():
    made = as_storage_error(FileNotFoundError("a"), S3)
    assert (type(made), made.hint) == (NotFoundError, "Check bucket and name.")
    made = as_storage_error(FileNotFoundError("a"), AZURE)
    assert (type(made), made.hint) == (NotFoundError, "Check container and name.")


def test_what_nobody_knows_names_no_class():
    made = as_storage_error(RuntimeError("of the client"), S3)
    assert made.message == "s3://reels/a.json: the service refused or failed"


@pytest.mark.slow
def test_a_source_whose_service_cannot_be_reached_ends_the_run_before_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with socket.create_server(("127.0.0.1", 0)) as free:
        closed = free.getsockname()[1]
    use_environment(monkeypatch, aws_environment(f"http://127.0.0.1:{closed}"))
    manifest = str(MANIFESTS / "tngtls-10.json")
    command = ("verify", manifest, "s3://reels/a.json", *MICROCHIP_TRUST)
    result = run_tng(*command, expect=3)
    assert result.stdout == ""
    assert "error: s3://reels/a.json: the service cannot be reached: it refuses" in result.stderr
    assert "hint: Check the network, AWS_ENDPOINT_URL" in result.stderr
    told = run_tng("verify", manifest, "--output", "s3://reels/b.json", expect=3).stderr
    assert "s3://reels/: the service cannot be reached: it refuses connections" in told
