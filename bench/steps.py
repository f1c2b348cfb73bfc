"""What the libraries take of the time of one device, each measured with the devices' own values.

The rest is the tool's own code, in Python. The steps are measured apart from each other, and a
step that runs alone is a little faster than one among others, so the rest is rather too large.
"""

import hashlib
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import orjson
import pybase64

from bench.inputs import Inputs
from bench.verifying import bare_verification, verified_devices
from tng.models import VerifiedDevice
from tng.trust.added import added_material
from tng.verify.duplicates import DuplicateIndex, Identity, identify
from tng.verify.signatures import jws_key

_MOST = 5_000
_SHARE = 128

STEPS = {
    "step_signatures_us": "two P-256 verifications: cryptography",
    "step_jws_us": "more for the JWS, whose message is longer: python-jose",
    "step_json_us": "parsing entry and payload: orjson",
    "step_base64_us": "decoding payload, signature, certificate and key: pybase64",
    "step_hashes_us": "SHA-256 of input, certificate and key: OpenSSL",
    "step_duplicates_us": "duplicates: SQLite, and what leads to it",
}


@dataclass(frozen=True, slots=True)
class _Values:
    """Of each device: its entry, what it signs and with what, its certificate, its identity."""

    entries: list[bytes]
    payloads: list[bytes]
    signed: list[tuple[bytes, bytes]]
    texts: list[tuple[str, ...]]
    devices: list[VerifiedDevice]
    identities: list[Identity]


def measure_steps(inputs: Inputs, entries: int, rounds: int) -> dict[str, float]:
    """Microseconds a device for each of `STEPS`, medians."""
    values = _values(inputs, entries)
    signer = added_material([], [inputs.signer], []).anchors[0].public_key
    steps = _steps(values, jws_key(signer).verify)
    samples: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            began = time.perf_counter()
            step()
            samples[name].append((time.perf_counter() - began) / len(values.entries) * 1e6)
    found = {name: statistics.median(times) for name, times in samples.items()}
    found["step_jws_us"] -= found["step_signatures_us"] / 2
    return found


def _values(inputs: Inputs, entries: int) -> _Values:
    devices = verified_devices(inputs, entries)[:_MOST]
    parsed = orjson.loads(inputs.manifests[entries].read_bytes())[: len(devices)]
    payloads = [_decoded(entry["payload"]) for entry in parsed]
    return _Values(
        [orjson.dumps(entry) for entry in parsed],
        payloads,
        [(f"{e['protected']}.{e['payload']}".encode(), _decoded(e["signature"])) for e in parsed],
        [_texts(*pair) for pair in zip(parsed, map(orjson.loads, payloads), strict=True)],
        devices,
        [identity for device in devices if (identity := identify(device))],
    )


def _texts(entry: dict[str, str], payload: dict[str, Any]) -> tuple[str, ...]:
    key = next(key for key in payload["publicKeySet"]["keys"] if key.get("x5c"))
    return entry["payload"], entry["signature"], key["x"], key["y"], key["x5c"][0]


def _steps(
    values: _Values, verify: Callable[[bytes, bytes], bool]
) -> dict[str, Callable[[], None]]:
    bare = bare_verification()
    return {
        "step_signatures_us": lambda: _all(lambda _: (bare(), bare()), values.entries),
        "step_jws_us": lambda: _all(lambda pair: verify(*pair), values.signed),
        "step_json_us": lambda: (
            _all(orjson.loads, values.entries),
            _all(orjson.loads, values.payloads),
        ),
        "step_base64_us": lambda: _all(_decode, values.texts),
        "step_hashes_us": lambda: _all(_hash, zip(values.entries, values.devices, strict=True)),
        "step_duplicates_us": lambda: _find_duplicates(values.identities),
    }


def _all(step: Callable[..., object], items: Iterable[object]) -> None:
    for item in items:
        step(item)


def _decoded(text: str) -> bytes:
    return pybase64.b64decode(text + "=" * (-len(text) % 4), b"-_")


def _decode(texts: tuple[str, ...]) -> None:
    # What is in a JWS is base64url, but for the certificates (RFC 7515 §4.1.6).
    for text in texts[:-1]:
        _decoded(text)
    pybase64.b64decode(texts[-1])


def _hash(pair: tuple[bytes, VerifiedDevice]) -> None:
    entry, device = pair
    hashlib.sha256(entry).digest()
    hashlib.sha256(device.leaf.der).digest()
    hashlib.sha256(device.leaf.public_key.spki).digest()


def _find_duplicates(identities: list[Identity]) -> None:
    with DuplicateIndex() as index:
        for first in range(0, len(identities), _SHARE):
            index.find(list(enumerate(identities[first : first + _SHARE], first)))
