"""Which AWS operation an HTTP request is.

Routes come from botocore's service models, so that front and SDK can never disagree
about them. This module neither verifies signatures nor validates parameters.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qs, unquote

UNKNOWN = "unknown"

_CREDENTIAL = re.compile(
    r"Credential=(?P<key>[^/,\s]+)/\d{8}/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)/aws4_request"
)
_READ_PREFIXES = ("Describe", "List", "Get", "Query", "Search", "Test", "Validate", "Assume")


@dataclass(frozen=True, slots=True)
class Credential:
    """Whose request it is, as its Signature Version 4 ``Authorization`` header says."""

    access_key: str
    region: str
    service: str


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of a service, and how its errors are written.

    ``protocol`` is botocore's name for the wire format: ``rest-json``, ``json``, ``query``.
    ``name`` is `UNKNOWN` where no route fits.
    """

    service: str
    name: str
    protocol: str

    @property
    def writes(self) -> bool:
        """Whether the operation may change something; an unknown one is assumed to."""
        return not self.name.startswith(_READ_PREFIXES)


def read_credential(authorization: str) -> Credential:
    """The credential scope of an ``Authorization`` header; `UNKNOWN` parts if unsigned."""
    found = _CREDENTIAL.search(authorization)
    if found is None:
        return Credential(UNKNOWN, UNKNOWN, UNKNOWN)
    return Credential(found["key"], found["region"], found["service"])


def recognise(
    method: str, target: str, headers: Mapping[str, str], body: bytes, service: str
) -> Operation:
    """The operation of a request.

    ``target`` is the request line's (path and query), ``headers`` have lower-case names,
    ``service`` is the signing name from the credential scope.
    """
    if "x-www-form-urlencoded" in headers.get("content-type", ""):
        action = parse_qs(body.decode("utf-8", "replace")).get("Action", [UNKNOWN])[0]
        return Operation(service, action, "query")
    amazon_target = headers.get("x-amz-target", "")
    if amazon_target:
        return Operation(service, amazon_target.rpartition(".")[2] or UNKNOWN, "json")
    if service != "iot":
        return Operation(service, UNKNOWN, "rest-json")
    return Operation("iot", _iot_routes().find(method, target), "rest-json")


def read_parameters(
    target: str, headers: Mapping[str, str], body: bytes, name: str
) -> dict[str, str]:
    """The textual parameters of an IoT request: from path, principal header and JSON body.

    Nested members and numbers are left out; a body that is not a JSON object gives none.
    """
    parameters = _iot_routes().path_parameters(name, target)
    principal = headers.get("x-amzn-principal") or headers.get("x-amzn-iot-principal")
    if principal:
        parameters["principal"] = principal
    parameters |= _texts(body)
    return parameters


def _texts(body: bytes) -> dict[str, str]:
    try:
        document = json.loads(body) if body else {}
    except ValueError:
        return {}
    if not isinstance(document, dict):
        return {}
    return {key: value for key, value in document.items() if isinstance(value, str)}


class _Routes:
    """Method and path templates of a REST service, looked up by their number of segments."""

    def __init__(self, routes: Mapping[str, tuple[str, str]]) -> None:
        self._templates = {name: _segments(uri) for name, (_, uri) in routes.items()}
        self._greedy: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._by_shape: dict[tuple[str, int], list[tuple[tuple[str, ...], str]]] = {}
        for name, (method, _) in routes.items():
            template = self._templates[name]
            self._by_shape.setdefault((method, len(template)), []).append((template, name))
            if template[-1].endswith("+}"):
                self._greedy.setdefault(method, []).append((template, name))
        for candidates in self._by_shape.values():
            # A literal segment wins over a placeholder: /things/{x} after /things/search.
            candidates.sort(key=lambda candidate: [_is_placeholder(s) for s in candidate[0]])

    def find(self, method: str, target: str) -> str:
        path = _segments(target)
        for template, name in self._by_shape.get((method, len(path)), ()):
            if _fits(template, path):
                return name
        for template, name in self._greedy.get(method, ()):
            if len(path) > len(template) and _fits(template, path):
                return name
        return UNKNOWN

    def path_parameters(self, name: str, target: str) -> dict[str, str]:
        template = self._templates.get(name, ())
        return {
            wanted[1:-1].rstrip("+"): unquote(got)
            for wanted, got in zip(template, _segments(target), strict=False)
            if _is_placeholder(wanted)
        }


def _segments(target: str) -> tuple[str, ...]:
    return tuple(target.partition("?")[0].strip("/").split("/"))


def _fits(template: tuple[str, ...], path: tuple[str, ...]) -> bool:
    """Whether a path begins as the template says; the caller has compared the lengths."""
    return all(
        _is_placeholder(wanted) or wanted == got
        for wanted, got in zip(template, path, strict=False)
    )


def _is_placeholder(segment: str) -> bool:
    return segment.startswith("{")


@cache
def _iot_routes() -> _Routes:
    import botocore.session

    model = botocore.session.get_session().get_service_model("iot")
    return _Routes(
        {
            name: (operation.http["method"], operation.http["requestUri"])
            for name in model.operation_names
            for operation in (model.operation_model(name),)
        }
    )
