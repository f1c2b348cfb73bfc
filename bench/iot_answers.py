"""What a stand-in of AWS IoT Core answers, and the quotas that it enforces. No I/O.

It is a judge for speed alone: lean, so that it takes little of the machine that is measured.
Its form is judged by botocore, which parses every answer; what the calls mean is judged by
the emulators in the tests. Only what registering and planning call is answered.
"""

import json
import re
from base64 import b64decode
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import parse_qs, unquote

ACCOUNT = "111111111111"
REGISTER = "RegisterCertificateWithoutCA"
_REFUSAL = b'{"message":"Rate exceeded"}'
_JSON, _XML = b"application/json", b"text/xml"
_BODY = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----")

_ROUTES = (
    (rb"POST", rb"/certificate/register-no-ca", REGISTER),
    (rb"GET", rb"/certificates/([^/]+)", "DescribeCertificate"),
    (rb"GET", rb"/certificates", "ListCertificates"),
    (rb"PUT", rb"/target-policies/([^/]+)", "AttachPolicy"),
    (rb"POST", rb"/policy-targets/([^/]+)", "ListTargetsForPolicy"),
    (rb"POST", rb"/attached-policies/([^/]+)", "ListAttachedPolicies"),
    (rb"GET", rb"/policies/([^/]+)", "GetPolicy"),
    (rb"GET", rb"/endpoint", "DescribeEndpoint"),
    (rb"POST", rb"/", "GetCallerIdentity"),
)
_PATTERNS = tuple((verb, re.compile(path), name) for verb, path, name in _ROUTES)

_CALLER = f"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<GetCallerIdentityResult><Arn>arn:aws:iam::{ACCOUNT}:user/bench</Arn><UserId>AIDABENCH</UserId>
<Account>{ACCOUNT}</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>1</RequestId>
</ResponseMetadata></GetCallerIdentityResponse>""".encode()


class Request(NamedTuple):
    """One request; ``target`` with its query, ``region`` out of the signature's scope."""

    verb: bytes
    target: bytes
    region: str
    body: bytes


@dataclass(frozen=True, slots=True)
class IotQuota:
    """Calls a second by operation, per region; what is not named is not limited.

    A bucket holds ``burst_seconds`` worth of calls, and is full at first.
    """

    rates: Mapping[str, float] = field(default_factory=dict)
    burst_seconds: float = 1.0


@dataclass(slots=True)
class Usage:
    """What one operation in one region has seen; times are of the monotonic clock.

    ``least`` is the lowest that its bucket ever was.
    """

    given: int = 0
    refused: int = 0
    first: float = 0.0
    last: float = 0.0
    level: float = 0.0
    least: float = 0.0


class IotAnswers:
    """The state of the stand-in: every region by itself, the certificates of all of them."""

    def __init__(self, quota: IotQuota, synthetic: int = 0) -> None:
        """``synthetic`` certificates are there from the beginning, made up as they are listed."""
        self._quota = quota
        self._synthetic = synthetic
        self._held: dict[str, dict[str, str]] = {}
        self.usage: dict[tuple[str, str], Usage] = {}
        self.registrations: Counter[str] = Counter()

    def answer(self, request: Request, now: float) -> tuple[int, bytes, bytes, bytes]:
        """Status, type of content, error type (empty for none) and body."""
        path, _, query = request.target.partition(b"?")
        route = _route(request.verb, path)
        if route is None:
            return 404, _JSON, b"UnknownOperationException", b"{}"
        operation, subject = route
        if not self._take(request.region, operation, now):
            return 400, _JSON, b"ThrottlingException", _REFUSAL
        return self._made(operation, request, subject, query)

    def _take(self, region: str, operation: str, now: float) -> bool:
        rate = self._quota.rates.get(operation)
        size = 0.0 if rate is None else max(1.0, rate * self._quota.burst_seconds)
        usage = self.usage.get((region, operation))
        if usage is None:
            usage = Usage(first=now, last=now, level=size, least=size)
            self.usage[region, operation] = usage
        if rate is not None:
            usage.level = min(size, usage.level + (now - usage.last) * rate)
            usage.last = now
            if usage.level < 1.0:
                usage.refused += 1
                return False
            usage.level -= 1.0
            usage.least = min(usage.least, usage.level)
        usage.last = now
        usage.given += 1
        return True

    def _made(
        self, operation: str, request: Request, subject: str, query: bytes
    ) -> tuple[int, bytes, bytes, bytes]:
        held = self._held.setdefault(request.region, {})
        match operation:
            case "RegisterCertificateWithoutCA":
                return self._register(request, held)
            case "GetCallerIdentity":
                return 200, _XML, b"", _CALLER
            case "DescribeEndpoint":
                return _ok({"endpointAddress": "bench-ats.iot.example"})
            case "DescribeCertificate":
                if subject not in held:
                    return 404, _JSON, b"ResourceNotFoundException", b'{"message":"not there"}'
                described = {"certificateId": subject, "status": held[subject]}
                return _ok({"certificateDescription": described})
            case "ListCertificates":
                return self._list(held, query)
            case "GetPolicy":
                return _ok({"policyName": subject, "policyDocument": "{}"})
            case "ListTargetsForPolicy":
                return _ok({"targets": []})
            case "ListAttachedPolicies":
                return _ok({"policies": []})
            case _:
                return 200, _JSON, b"", b""

    def _register(self, request: Request, held: dict[str, str]) -> tuple[int, bytes, bytes, bytes]:
        content = json.loads(request.body)
        found = _BODY.search(content["certificatePem"].encode().replace(b"\n", b""))
        if found is None:
            return 400, _JSON, b"CertificateValidationException", b'{"message":"no certificate"}'
        key = sha256(b64decode(found[1])).hexdigest()
        arn = _arn(request.region, key)
        if key in held:
            conflict = {"message": "exists", "resourceId": key, "resourceArn": arn}
            return 409, _JSON, b"ResourceAlreadyExistsException", json.dumps(conflict).encode()
        held[key] = content["status"]
        self.registrations[key] += 1
        return _ok({"certificateArn": arn, "certificateId": key})

    def _list(self, held: Mapping[str, str], query: bytes) -> tuple[int, bytes, bytes, bytes]:
        """Those that were registered stand behind the others, so that all must be read."""
        options = parse_qs(query.decode())
        start = int(options.get("marker", ["0"])[0])
        size = int(options.get("pageSize", ["25"])[0])
        end = min(start + size, self._synthetic + len(held))
        keys = [sha256(b"%d" % n).hexdigest() for n in range(start, min(end, self._synthetic))]
        if end > self._synthetic:
            keys += list(held)[max(0, start - self._synthetic) : end - self._synthetic]
        reply: dict[str, object] = {
            "certificates": [
                {
                    "certificateArn": _arn("eu-central-1", key),
                    "certificateId": key,
                    "status": "ACTIVE",
                    "creationDate": 1.7e9,
                }
                for key in keys
            ]
        }
        if end < self._synthetic + len(held):
            reply["nextMarker"] = str(end)
        return _ok(reply)


def _route(verb: bytes, path: bytes) -> tuple[str, str] | None:
    """The operation and what the path names."""
    for known, pattern, operation in _PATTERNS:
        if known == verb and (match := pattern.fullmatch(path)):
            return operation, unquote(match[1].decode()) if match.lastindex else ""
    return None


def _arn(region: str, key: str) -> str:
    return f"arn:aws:iot:{region}:{ACCOUNT}:cert/{key}"


def _ok(content: Mapping[str, object]) -> tuple[int, bytes, bytes, bytes]:
    return 200, _JSON, b"", json.dumps(content).encode()
