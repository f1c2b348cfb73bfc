"""TCP and TLS as a device begins them, with the standard library: fast, and with exact reasons.

No MQTT is spoken here. A server that trusts no client may say so only after the handshake
(TLS 1.3), so there is a way to listen for that too.
"""

import ssl
import time
from contextlib import closing
from datetime import datetime

from tng.device.bounded_socket import Bounds, open_tcp
from tng.device.connection import Failure
from tng.device.link import DeviceCredentials, DeviceEndpoint, FileCredentials
from tng.device.tls import (
    HTTPS_PORT,
    MQTT_ALPN,
    client_context,
    tls_1_2_context,
    trusting_context,
)
from tng.device.tls_troubles import Scene, is_refusal, trouble
from tng.x509.certificate import Certificate, CertificateError, read_certificate

PRECHECK_SECONDS = 10.0
"""For a name, TCP and a handshake: the slowest cellular networks take three."""

_PEEK_SECONDS = 5.0


def find_trouble(
    endpoint: DeviceEndpoint, credentials: DeviceCredentials, seconds: float, now: datetime
) -> Failure | None:
    """Why TLS with that server does not come about, within `PRECHECK_SECONDS`; ``None`` if it does.

    With a key in a file the device's certificate is shown; with one in a token the server alone
    is looked at. Raises as `tng.device.tls.client_context` does.
    """
    bounds = Bounds(time.monotonic() + min(seconds, PRECHECK_SECONDS))
    try:
        if isinstance(credentials, FileCredentials):
            look(endpoint, client_context(credentials, endpoint.ca_file), bounds)
        else:
            look_at_server(endpoint, bounds)
    except OSError as error:
        return explain(error, endpoint, bounds.seconds_left, now)
    return None


def find_objection(
    endpoint: DeviceEndpoint, credentials: FileCredentials, seconds: float, now: datetime
) -> Failure | None:
    """What the server has against the device's certificate after the handshake, if anything.

    It has so many seconds to say so.
    """
    bounds = Bounds(time.monotonic() + seconds)
    try:
        listen(endpoint, client_context(credentials, endpoint.ca_file), bounds)
    except TimeoutError:
        return None
    except OSError as error:
        return explain(error, endpoint, bounds.seconds_left, now)
    return None


def explain(error: OSError, endpoint: DeviceEndpoint, seconds: float, now: datetime) -> Failure:
    """What the error means; an untrusted server's certificate is fetched for its words.

    That takes no longer than ``seconds``.
    """
    is_untrusted = isinstance(error, ssl.SSLCertVerificationError)
    server = peek(endpoint, seconds) if is_untrusted else None
    return trouble(error, Scene(endpoint, now, server))


def look(endpoint: DeviceEndpoint, context: ssl.SSLContext, bounds: Bounds) -> str:
    """Do one whole handshake and hang up; the version of TLS that was agreed on.

    Raises what TCP and TLS raise (`OSError`), `TimeoutError` at the deadline.
    """
    with closing(_shake_hands(endpoint, context, bounds)) as stream:
        return stream.version() or ""


def look_at_server(endpoint: DeviceEndpoint, bounds: Bounds) -> None:
    """As `look`, without a certificate of one's own: whether it is trusted and has TLS 1.2.

    That is all that the client of keys in tokens speaks. In TLS 1.2 a server misses the
    certificate before the handshake is over, and has shown its own by then.
    """
    for make_context in (trusting_context, tls_1_2_context):
        try:
            version = look(endpoint, make_context(endpoint.ca_file), bounds)
        except OSError as error:
            if is_refusal(error):
                return
            raise
        if version == "TLSv1.2":
            return


def listen(endpoint: DeviceEndpoint, context: ssl.SSLContext, bounds: Bounds) -> None:
    """As `look`, then say nothing and wait for an objection until the deadline.

    Silence is consent. Raises as `look` does: `ssl.SSLError` for an alert, `ConnectionError` for
    a server that hangs up.
    """
    with closing(_shake_hands(endpoint, context, bounds)) as stream:
        stream.settimeout(bounds.demand_time())
        try:
            data = stream.recv(1)
        except TimeoutError:
            return
        if not data:
            raise ConnectionResetError("the server closed the connection after the handshake")


def peek(endpoint: DeviceEndpoint, seconds: float) -> Certificate | None:
    """The certificate of a server that is not trusted, for words alone; ``None`` without one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Nothing is ever sent to it, and nothing that it shows is believed.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    bounds = Bounds(time.monotonic() + min(seconds, _PEEK_SECONDS))
    try:
        with closing(_shake_hands(endpoint, context, bounds)) as stream:
            return read_certificate(stream.getpeercert(binary_form=True) or b"")
    except (OSError, CertificateError):
        return None


def _shake_hands(
    endpoint: DeviceEndpoint, context: ssl.SSLContext, bounds: Bounds
) -> ssl.SSLSocket:
    if endpoint.port == HTTPS_PORT:
        context.set_alpn_protocols([MQTT_ALPN])
    connection = open_tcp(*(endpoint.address or (endpoint.host, endpoint.port)), bounds)
    try:
        connection.settimeout(bounds.demand_time())
        return context.wrap_socket(connection, server_hostname=endpoint.host)
    except (OSError, ValueError) as error:
        connection.close()
        if isinstance(error, OSError):
            raise
        raise ssl.SSLError(f"{endpoint.host!r} cannot be the name of a server") from error
