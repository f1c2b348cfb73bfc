"""Fleet provisioning as an `Issuer`: one device after another, each logged in the ledger.

A device that the ledger has as done gets its saved certificate again. An intent without outcome
is harmless at the first step (AWS deletes certificates that are never activated), and is told at
the second one, with the certificate that may be active.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Self

from tng.apply.rate import Clock
from tng.apply.stopping import StopSignal
from tng.csr.issuing import IssuedCertificate, IssuingRefused
from tng.csr.model import RequestedDevice
from tng.errors import LedgerError
from tng.ledger import (
    DeviceMark,
    DeviceState,
    Direction,
    EnrolledDevice,
    HeldElsewhereError,
    Intent,
    Ledger,
    StepMark,
    StepMemory,
    StepState,
)
from tng.ledger.interface import Entry
from tng.plan.models import TargetDescription
from tng.plan.shard import Shard
from tng.provisioning.caller import FleetCaller, FleetService, NotAnswered
from tng.provisioning.messages import CreatedCertificate
from tng.provisioning.rejections import CREATE, REGISTER
from tng.provisioning.saving import ResultFolder
from tng.provisioning.template import ParameterTemplates
from tng.x509.pem import to_pem

CLOUD = "aws-fleet"
SHARDS = 64
"""Devices are held by their key, so that several benches share a ledger, and one key has one."""

_PAUSE_SECONDS = (0.05, 0.2)
_GRACE_SECONDS = 10.0
"""How much longer than a device may take another bench is waited for that has the same key."""

Memory = Mapping[tuple[str, str], StepMemory]


@dataclass(frozen=True, slots=True)
class Provisioning:
    """What is done for every device: template parameters, where results go, the deadline."""

    parameters: ParameterTemplates
    results: ResultFolder
    timeout_seconds: float


def fleet_target(service: FleetService) -> TargetDescription:
    """What the ledger calls a template of an account."""
    return TargetDescription(service.template, CLOUD, service.host, service.template)


def is_provisioned(ledger: Ledger, target: TargetDescription, key: str) -> bool:
    """Whether the ledger has the request of that key as done; raises `LedgerError`."""
    if target.key not in {known.key for known in ledger.targets()}:
        return False
    return _is_done(ledger.memory(target.key, key, Direction.REGISTER))


class FleetIssuer:
    """An `Issuer`, and a context manager that is one run of the ledger.

    ``command`` is what to type to go on, without secrets. ``tell`` is called with sentences
    that a person should read.
    """

    def __init__(
        self,
        service: FleetService,
        caller: FleetCaller,
        provisioning: Provisioning,
        ledger: Ledger,
        *,
        command: str,
        tell: Callable[[str], None],
        clock: Clock = time.monotonic,
        stop: StopSignal | None = None,
    ) -> None:
        self.target = fleet_target(service)
        self._caller = caller
        self._provisioning = provisioning
        self._ledger = ledger
        self._command = command
        self._tell = tell
        self._clock = clock
        self._stop = stop or StopSignal()
        self._run = 0
        self._refused = 0

    def __enter__(self) -> Self:
        self._provisioning.results.prepare()
        self._run = self._ledger.begin_run(self._command)
        return self

    def __exit__(self, *_: object) -> None:
        self._caller.close()
        result = "interrupted" if self._stop.is_set() else "partial" if self._refused else "done"
        self._ledger.finish_run(self._run, result)

    def issue(self, device: RequestedDevice) -> IssuedCertificate | IssuingRefused:
        """See `Issuer`. Raises `LedgerError`, and `OutputError` where results cannot be saved."""
        with self._held(device.request.key):
            result = self._issue(device)
        self._refused += isinstance(result, IssuingRefused)
        return result

    def _issue(self, device: RequestedDevice) -> IssuedCertificate | IssuingRefused:
        key = device.request.key
        memory = self._ledger.memory(self.target.key, key, Direction.REGISTER)
        saved = self._saved(device, memory)
        if _is_done(memory):
            if saved is None:
                return self._lost(device)
            self._enroll(device, DeviceState.DONE, saved.thing_name)
            return saved
        if saved is not None and (REGISTER, saved.certificate_id) in memory:
            return self._finished(device, saved)
        self._tell_of_earlier(device, memory)
        self._enroll(device, DeviceState.PENDING)
        return self._provision(device)

    def _saved(self, device: RequestedDevice, memory: Memory) -> IssuedCertificate | None:
        """The file of the certificate that is done, or else of one that came before the end."""
        done = _is_done(memory)
        for (operation, subject), step in memory.items():
            if operation == REGISTER and (step.state is StepState.DONE or not done):
                found = self._provisioning.results.load(device, subject)
                if found is not None:
                    return found
        return None

    def _provision(self, device: RequestedDevice) -> IssuedCertificate | IssuingRefused:
        self._caller.begin(self._provisioning.timeout_seconds)
        self._record(device, Intent(CREATE, "", 0, absent=False))
        created = self._caller.create(device.request)
        if isinstance(created, NotAnswered):
            return self._failed(device, CREATE, "", created)
        identity = created.certificate_id
        self._record(
            device,
            StepMark(CREATE, "", StepState.DONE, made=True, note=identity),
            Intent(REGISTER, identity, 1, absent=False),
        )
        return self._register(device, created)

    def _register(
        self, device: RequestedDevice, created: CreatedCertificate
    ) -> IssuedCertificate | IssuingRefused:
        parameters = self._provisioning.parameters.fill(device)
        thing = self._caller.register(created, parameters)
        if isinstance(thing, NotAnswered):
            return self._failed(device, REGISTER, created.certificate_id, thing)
        issued = IssuedCertificate(
            to_pem(created.certificate.der),
            created.certificate_id,
            thing.thing_name,
            thing.configuration,
        )
        self._provisioning.results.save(device, issued)
        return self._finished(device, issued)

    def _finished(self, device: RequestedDevice, issued: IssuedCertificate) -> IssuedCertificate:
        if issued.already:
            # The process died between the file and the ledger.
            self._enroll(device, DeviceState.PENDING)
        self._record(
            device,
            StepMark(REGISTER, issued.certificate_id, StepState.DONE, made=True),
        )
        self._enroll(device, DeviceState.DONE, issued.thing_name)
        return issued

    def _failed(
        self, device: RequestedDevice, operation: str, subject: str, end: NotAnswered
    ) -> IssuingRefused:
        reason = end.refused.reason
        # What may have taken effect stays an intent: the next run tells of it.
        state = StepState.INTENT if end.unknown else StepState.FAILED
        self._record(
            device,
            StepMark(operation, subject, state, note=reason),
            DeviceMark(DeviceState.FAILED, reason),
        )
        return end.refused

    def _lost(self, device: RequestedDevice) -> IssuingRefused:
        folder = self._provisioning.results.folder
        return IssuingRefused(
            f"the ledger has {device.record.device_id} as done, but its certificate is not in "
            f"{folder}",
            "Name the folder that has it with --certificates: no second certificate is made.",
        )

    def _tell_of_earlier(self, device: RequestedDevice, memory: Memory) -> None:
        for (operation, subject), step in memory.items():
            if step.state is StepState.INTENT and operation == REGISTER:
                self._tell(
                    f"{device.record.device_id}: the end of an earlier attempt is not known. It "
                    f"is provisioned again; if the certificate {subject} is active, delete it"
                )
            elif step.state is StepState.INTENT:
                self._tell(
                    f"{device.record.device_id}: an earlier attempt did not end. It is "
                    "provisioned again; AWS deletes a certificate that was never activated"
                )

    def _enroll(self, device: RequestedDevice, state: DeviceState, name: str = "") -> None:
        enrolled = EnrolledDevice(device.request.key, device.record.device_id, name, state)
        self._ledger.enroll(self._run, self.target.key, [enrolled], Direction.REGISTER)

    def _record(self, device: RequestedDevice, *entries: Entry) -> None:
        self._ledger.record(self.target.key, device.request.key, Direction.REGISTER, entries)

    @contextmanager
    def _held(self, key: str) -> Iterator[None]:
        shard = Shard(int(key, 16) % SHARDS + 1, SHARDS)
        deadline = self._clock() + self._provisioning.timeout_seconds + _GRACE_SECONDS
        with ExitStack() as held:
            while True:
                try:
                    held.enter_context(self._ledger.hold(self.target, shard))
                    break
                except HeldElsewhereError:
                    if self._clock() > deadline:
                        raise
                pause = random.uniform(*_PAUSE_SECONDS)  # noqa: S311 - nothing secret
                if self._stop.wait(pause):
                    raise LedgerError("interrupted", "Run the same command again.")
            yield


def _is_done(memory: Memory) -> bool:
    return any(
        operation == REGISTER and step.state is StepState.DONE
        for (operation, _), step in memory.items()
    )
