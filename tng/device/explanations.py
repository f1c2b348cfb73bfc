"""What to do about each reason, in the words of somebody with a device that does not come up."""

from tng.device.result import Reason

_AGAIN = "run the same command again; --timeout gives it longer"

_HINTS = {
    Reason.HOST_UNRESOLVED: "check --provisioning-host and this machine's name resolution",
    Reason.HOST_UNREACHABLE: "check --provisioning-host, and that firewalls let port 8883 through",
    Reason.NO_CONNECTION: (
        "something swallows the connection: check --provisioning-host, and that firewalls let "
        "port 8883 through"
    ),
    Reason.SERVER_UNTRUSTED: (
        "pass the CA of your own server with --ca-file; where it should be Azure itself, "
        "something stands between, and its CA file is the one to pass if that is meant to be"
    ),
    Reason.SERVER_MISBEHAVES: "check --provisioning-host: this does not behave like the service",
    Reason.CONNECTION_LOST: (
        "run the same command again; where it always ends so, the server may refuse the "
        "device's certificate without a word"
    ),
    Reason.TLS_REFUSED: (
        "the server refused the device's certificate before any id was looked at: check that "
        "the host is a Device Provisioning Service, and that the certificate is a leaf"
    ),
    Reason.CONNECT_REFUSED: (
        "check --id-scope (on the service's overview page), then --registration-id"
    ),
    Reason.NOT_AUTHORIZED: (
        "the service does not say which of these it is, so check in this order: (1) --id-scope "
        "is that of the service the device was enrolled in; (2) an individual enrollment with "
        "this registration id exists there; (3) its primary or secondary certificate has the "
        "SHA-256 shown here, and not that of an older certificate"
    ),
    Reason.DISABLED: "set the enrollment's provisioning status to enabled",
    Reason.HUB_NOT_ASSIGNED: (
        "check that an IoT hub is linked to the service, that the enrollment's hubs are among "
        "the linked ones, and that its allocation policy can choose one"
    ),
    Reason.REQUEST_REFUSED: "look the error code up in the service's documentation",
    Reason.THROTTLED: "wait a minute; the service takes 1,000 registrations a minute by default",
    Reason.SERVICE_UNWELL: _AGAIN,
    Reason.SILENT: _AGAIN,
    Reason.STILL_ASSIGNING: (
        "the service goes on by itself: run the same command again later; where it stays so, "
        "look at the hub, or at the function of a custom allocation policy"
    ),
}


def hint(reason: Reason) -> str:
    """The next step after that reason."""
    return _HINTS[reason]
