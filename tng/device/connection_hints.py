"""What to do about each reason that a device does not connect, in the words of its owner."""

from tng.device import explanations
from tng.device.connection import ConnectReason
from tng.device.result import Reason

_AGAIN = "run the same command again; --timeout gives it longer"
_ENDPOINT = (
    "`aws iot describe-endpoint --endpoint-type iot:Data-ATS`, in the account and region where "
    "the certificate is registered, says the name"
)
_ID = "ID being the certificate's SHA-256 shown here"
_STATUS = (
    f"`aws iot describe-certificate --certificate-id ID` tells, {_ID}; --target NAME asks the "
    "account of that target"
)

_HINTS = {
    ConnectReason.HOST_UNRESOLVED: (
        f"check the name of the endpoint and this machine's name resolution; {_ENDPOINT}"
    ),
    ConnectReason.HOST_UNREACHABLE: (
        "check endpoint and port, and that firewalls let it through; where 8883 is closed, AWS "
        "also takes --port 443"
    ),
    ConnectReason.NO_CONNECTION: (
        "something swallows the connection, a firewall most often; where 8883 is closed, AWS also "
        "takes --port 443"
    ),
    ConnectReason.NOT_TLS: "check the port: what answers there does not speak TLS (MQTT's 1883?)",
    ConnectReason.TLS_VERSION: (
        "the server has no version of TLS that is used here (1.2 and newer; with a key in a token "
        "1.2 alone): check its security policy; at AWS, the domain configuration's"
    ),
    ConnectReason.TLS_CLOSED: (
        "AWS hangs up so on a certificate that is not registered or not ACTIVE in the endpoint's "
        f"account and region, and on an SNI that is not the whole endpoint: {_STATUS}"
    ),
    ConnectReason.TLS_FAILED: (
        "no agreement on TLS: check that the endpoint is what is meant to be there, and that "
        "nothing between (a proxy, a captive portal) answers in its place"
    ),
    ConnectReason.ALPN_REFUSED: (
        "on port 443 the protocol is chosen by name (ALPN), and this server does not know "
        "x-amzn-mqtt-ca: use the port of its MQTT, 8883"
    ),
    ConnectReason.SERVER_UNTRUSTED: (
        "AWS's endpoints (-ats) are under the Amazon Root CAs: update this machine's CA "
        "certificates, or pass AmazonRootCA1.pem or the CA of your own server with --ca-file; "
        "where a proxy opens TLS, devices cannot connect through it"
    ),
    ConnectReason.SERVER_EXPIRED: (
        "if this machine's clock is right, the server has to renew its certificate; if it is "
        "ahead, set it"
    ),
    ConnectReason.CLOCK_WRONG: (
        "set this machine's clock (NTP): the server's certificate begins later than the clock says"
    ),
    ConnectReason.WRONG_ENDPOINT: (
        f"name the endpoint of the account and region that the certificate is registered in, with "
        f"its -ats and in full, for it is also the SNI; {_ENDPOINT}"
    ),
    ConnectReason.CERTIFICATE_REFUSED: (
        "the server does not take the device's certificate: AWS says so where it is not "
        f"registered, or not ACTIVE, in the endpoint's account and region: {_STATUS}; other "
        "servers where they do not know its CA, or have it revoked"
    ),
    ConnectReason.CERTIFICATE_EXPIRED: (
        "the device needs a new certificate; where its dates are fine, the server's clock is wrong"
    ),
    ConnectReason.KEY_REFUSED: (
        "the server could not check the device's signature: the key is not the certificate's, or "
        "the token signs wrongly"
    ),
    ConnectReason.NOT_REGISTERED: (
        "register it there (`tng register`), or name the endpoint of the account and region where "
        "it is registered"
    ),
    ConnectReason.NOT_ACTIVE: (
        "activate it: `aws iot update-certificate --certificate-id ID --new-status ACTIVE`, "
        f"{_ID}; one that was REVOKED at its registration, or PENDING_TRANSFER, cannot be"
    ),
    ConnectReason.NO_POLICY: (
        "attach one: `aws iot attach-policy`, or register again with --policy; `tng examples` "
        "writes policies with the least that a device needs"
    ),
    ConnectReason.CONNECT_DENIED: (
        "allow iot:Connect as this client id, or name the one that is allowed with --client-id: "
        "policies mostly demand the thing's name (${iot:Connection.Thing.ThingName}) or the CN "
        "(${iot:Certificate.Subject.CommonName}). Where the account was not asked, the certificate "
        f"may also be not registered, or not ACTIVE: {_STATUS}"
    ),
    ConnectReason.SUBSCRIBE_DENIED: (
        "allow iot:Subscribe on the topicfilter/ of this topic, or name one that is allowed with "
        "--topic"
    ),
    ConnectReason.PUBLISH_DENIED: (
        "allow iot:Publish on the topic/ of this topic, or name one that is allowed with --topic"
    ),
    ConnectReason.NOT_RECEIVED: (
        "allow iot:Receive on the topic/ of this topic, or name one that is allowed with --topic; "
        "Subscribe alone delivers nothing"
    ),
    ConnectReason.CLIENT_ID_TAKEN: (
        "another device connects with the same client id, and each throws the other out: stop "
        "it, or give every device its own (--client-id)"
    ),
    ConnectReason.UNAVAILABLE: (
        "wait a minute: AWS answers so where an account connects more than 500 times a second, or "
        "one client id more than once"
    ),
    ConnectReason.CONNECTION_LOST: _AGAIN,
    ConnectReason.SERVER_MISBEHAVES: "check endpoint and port: this does not behave like MQTT",
    ConnectReason.SILENT: _AGAIN,
    ConnectReason.HUB_REFUSED: (
        "check in the hub that the device is enabled, that its authentication is X.509 "
        "self-signed, and that one of its thumbprints is this certificate's; registering again "
        "(`tng check-device`) writes the enrolled one there"
    ),
}


_FIREWALL = "check that firewalls let this machine through to port 8883 of the hub"
_AT_HUB = {
    ConnectReason.HOST_UNRESOLVED: (
        "check this machine's name resolution, and in the portal that this hub still exists; "
        "behind a private link or a local gateway, say where it is with --hub-address"
    ),
    ConnectReason.HOST_UNREACHABLE: _FIREWALL,
    ConnectReason.NO_CONNECTION: _FIREWALL,
    ConnectReason.TLS_VERSION: "hubs speak TLS 1.2: check what answers in the hub's place",
    ConnectReason.TLS_CLOSED: (
        "check that the hub is not disabled for this network, and what answers in its place"
    ),
    ConnectReason.SERVER_UNTRUSTED: (
        "hubs are under DigiCert's and Microsoft's roots: update this machine's CA certificates, "
        "or pass the CA of your own server with --ca-file; where a proxy opens TLS, devices cannot "
        "connect through it"
    ),
    ConnectReason.WRONG_ENDPOINT: "check --hub-address: what answers there is not this hub",
    ConnectReason.UNAVAILABLE: "wait a minute: the hub does not take more connections now",
}
"""What is another next step than at AWS: the service names the hub, nobody chooses it."""


def hint(reason: ConnectReason | Reason, *, at_hub: bool = False) -> str:
    """The next step after that reason, at AWS or at the hub that Azure's service named."""
    if not isinstance(reason, ConnectReason):
        return explanations.hint(reason)
    return _AT_HUB.get(reason, _HINTS[reason]) if at_hub else _HINTS[reason]
