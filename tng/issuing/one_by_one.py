"""Registering one request after another, for a bench that waits for each certificate.

The same plan, engine, ledger and rates as for many; only that the target is checked and held once,
for the whole session. Nothing here prints or asks.
"""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Self

from tng.apply.calls import StoppedError
from tng.apply.leases import TargetLeases
from tng.apply.session import OpenTarget, RunResult
from tng.apply.stopping import StopSignal
from tng.clouds.interface import CertificateKeeper, CloudError, TargetUnusableError
from tng.csr.issuing import IssuedCertificate, IssuingRefused
from tng.csr.model import RequestedDevice
from tng.issuing.delivering import accept_requests
from tng.ledger import DeviceState, Direction, Ledger, LedgerMemory
from tng.plan.eligibility import Selection
from tng.plan.models import DevicePlan, Disposition
from tng.plan.planner import InspectedTarget, make_plan
from tng.plan.view import TargetFacts
from tng.registration import check_target, register

_AGAIN = "Look at the target, then let the device ask again: no second certificate is made."

_NAMED = (DeviceState.DONE, DeviceState.PENDING, DeviceState.ATTENTION)
"""Of devices in these states something may be there under the name that they have."""

KeeperOf = Callable[[DevicePlan], CertificateKeeper]
"""Who keeps the certificate of a device beside the bench: a folder, say."""


class CloudIssuer:
    """A cloud that makes certificates of requests, as an `Issuer`; a context manager.

    From its beginning to its end the target is held: no other process registers there.
    """

    def __init__(
        self,
        target: OpenTarget,
        ledger: Ledger,
        *,
        command: str,
        stop: StopSignal,
        keeper_of: KeeperOf | None = None,
    ) -> None:
        """``stop`` is that of the ``target``, or its parent; ``command`` is what goes on."""
        self._target = target
        self._ledger = ledger
        self._command = command
        self._stop = stop
        self._keeper_of = keeper_of
        self._stack = ExitStack()
        self._leases = TargetLeases(ledger)
        self._facts = TargetFacts((), ())

    def __enter__(self) -> Self:
        """Check the target and hold it.

        Raises `TargetError` and `CloudError` siblings where it cannot be used, `LedgerError`
        where another process holds it.
        """
        with ExitStack() as stack:
            stack.enter_context(self._leases)
            self._facts = check_target(self._target)
            self._leases.hold(self._target.cloud.description)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def facts(self) -> TargetFacts:
        """What the check of the target found."""
        return self._facts

    def known_as(self, key: str) -> str:
        """What the ledger calls the device with the request ``key``, empty where it may be new.

        A device that was left alone before anything was made of it may come under another name.
        Raises `LedgerError`.
        """
        target = self._target.cloud.description.key
        if target not in {known.key for known in self._ledger.targets()}:
            return ""
        row = self._ledger.device(target, key)
        if row is None or row.state not in _NAMED:
            return ""
        is_there = row.state is not DeviceState.ATTENTION or self._ledger.memory(
            target, key, Direction.REGISTER
        )
        return row.device_id if is_there else ""

    def issue(self, device: RequestedDevice) -> IssuedCertificate | IssuingRefused:
        """See `Issuer`; all that the target's settings want is made, too.

        A key that is known keeps the name that it has: another one would get it a second thing.
        Raises `LedgerError`, what the keeper raises, and `TargetError` for a cloud that takes no
        requests.
        """
        accept_requests(self._target, [device], LedgerMemory(self._ledger))
        known = self.known_as(device.request.key)
        if known:
            device = replace(device, record=replace(device.record, device_id=known))
        cloud = self._target.cloud
        try:
            view = cloud.inspect([device])
        except CloudError as error:
            return IssuingRefused(str(error), _AGAIN, fatal=isinstance(error, TargetUnusableError))
        except StoppedError:
            return IssuingRefused("interrupted", _AGAIN, fatal=True)
        inspected = InspectedTarget(self._target.name, cloud, self._facts, view)
        plan = make_plan(Selection((device,), ()), [inspected])
        if not plan.targets:
            failed = plan.failed[0]
            return IssuingRefused(failed.message, failed.hint, fatal=True)
        (planned,) = plan.targets[0].devices
        pocket = _Pocket(None if self._keeper_of is None else self._keeper_of(planned))
        result = register(
            plan, [self._target], self._ledger, self._command,
            offline=False, stop=self._stop, threads=1, leases=self._leases,
            certificates=lambda _: pocket,
        )  # fmt: skip
        return self._outcome(planned, result, pocket)

    def _outcome(
        self, planned: DevicePlan, result: RunResult, pocket: "_Pocket"
    ) -> IssuedCertificate | IssuingRefused:
        succeeded = any(target.done or target.already for target in result.targets)
        if succeeded and pocket.pem:
            return IssuedCertificate(
                pem=pocket.pem,
                certificate_id=pocket.certificate_id,
                thing_name=planned.name,
                already=planned.disposition is not Disposition.REGISTER,
            )
        for failed in result.failed:
            return IssuingRefused(failed.message, failed.hint, fatal=not result.targets)
        for target in result.targets:
            if target.stopped:
                return IssuingRefused(target.stopped, _AGAIN, fatal=True)
        key = self._target.cloud.description.key
        rows = self._ledger.devices(key, run=result.run)
        told = next((row for row in rows if row.reason), None)
        return IssuingRefused(
            "interrupted" if told is None else told.reason,
            _AGAIN,
            fatal=result.interrupted,
            attention=told is not None and told.state is DeviceState.ATTENTION,
        )


@dataclass
class _Pocket:
    """Has the certificate in hand, and gives it on."""

    further: CertificateKeeper | None
    certificate_id: str = field(default="", init=False)
    pem: str = field(default="", init=False)

    def has(self, key: str, certificate_id: str) -> bool:  # noqa: ARG002 - see the Protocol
        return self.certificate_id == certificate_id

    def keep(self, key: str, certificate_id: str, pem: str) -> None:
        if self.further is not None and not self.further.has(key, certificate_id):
            self.further.keep(key, certificate_id, pem)
        self.certificate_id, self.pem = certificate_id, pem
