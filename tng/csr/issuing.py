"""Whoever makes a certificate of a request: what goes in, and what comes back.

Fulfilled by AWS fleet provisioning (`tng.provisioning`) and by CreateCertificateFromCsr
(`tng.station`), so that the bench needs to know neither.
"""

from dataclasses import dataclass
from typing import Protocol

from tng.csr.model import RequestedDevice


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A certificate whose public key was compared with the request's: they are the same.

    ``pem`` is the leaf alone. ``certificate_id`` is the cloud's, ``thing_name`` is empty where
    there is no thing. ``configuration`` is what a provisioning template has for the device.
    ``already`` is true where it was made by an earlier run. ``may_be_active`` are the ids of
    others that may be active besides: of an attempt without a known end, of a key that it replaces.
    """

    pem: str
    certificate_id: str
    thing_name: str = ""
    configuration: tuple[tuple[str, str], ...] = ()
    already: bool = False
    may_be_active: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IssuingRefused:
    """No certificate for this device: ``reason`` and the next step.

    ``fatal`` is true where no other device would get one either (claim refused, template gone).
    ``attention`` is true where trying again alone changes nothing and a person has to decide;
    ``may_be_active`` are the ids of certificates that it is about.
    """

    reason: str
    hint: str
    fatal: bool = False
    attention: bool = False
    may_be_active: tuple[str, ...] = ()


class Issuer(Protocol):
    """Makes certificates, one request after another. It keeps the ledger of what it did."""

    def issue(self, device: RequestedDevice) -> IssuedCertificate | IssuingRefused:
        """One certificate for that key, never a second one; within a deadline of its own.

        Raises `TngError` where nothing more can be done at all (the ledger is gone).
        """
