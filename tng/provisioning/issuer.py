"""Fleet provisioning as an `Issuer`: one device after another, each logged in the ledger.

A device that the ledger has as done gets its saved certificate again. Where it is not known whether
a certificate became active, and where another key has the device's name, a person has to decide:
nothing is asked for until ``again`` is said (`tng.provisioning.doubts`).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

from tng.apply.rate import Clock
from tng.apply.stopping import StopSignal
from tng.csr.issuing import IssuedCertificate, IssuingRefused
from tng.csr.model import RequestedDevice
from tng.ledger import (
    DeviceMark,
    DeviceState,
    Intent,
    Ledger,
    NameKind,
    Naming,
    StepMark,
    StepState,
)
from tng.plan.models import TargetDescription
from tng.provisioning import doubts
from tng.provisioning.caller import FleetCaller, FleetService, NotAnswered
from tng.provisioning.earlier import Earlier, certificates_of, namesakes, recall
from tng.provisioning.keeping import keep_doubtful, kept_result, taken_result
from tng.provisioning.logbook import Logbook
from tng.provisioning.messages import CreatedCertificate
from tng.provisioning.rejections import CREATE, NAME_HINT, REGISTER
from tng.provisioning.saving import ResultFolder
from tng.provisioning.template import ParameterTemplates
from tng.x509.pem import to_pem

CLOUD = "aws-fleet"


@dataclass(frozen=True, slots=True)
class Provisioning:
    """What is done for every device: template parameters, where results go, the deadline.

    With ``again``, also those are provisioned that a person has to decide about. ``keep`` are
    certificates in doubt, by their ids, that a person found to be live: their devices keep them.
    """

    parameters: ParameterTemplates
    results: ResultFolder
    timeout_seconds: float
    again: bool = False
    keep: frozenset[str] = frozenset()


def fleet_target(service: FleetService) -> TargetDescription:
    """What the ledger calls a template of an account."""
    return TargetDescription(service.template, CLOUD, service.host, service.template)


class FleetIssuer:
    """An `Issuer`, and a context manager that is one run of the ledger.

    ``command`` is what to type to go on, without secrets. ``tell`` is called with sentences
    that a person should read. ``is_cut_short`` says at the end whether it was interrupted, where
    that is more than ``stop``.
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
        is_cut_short: Callable[[], bool] | None = None,
    ) -> None:
        self.target = fleet_target(service)
        self._caller = caller
        self._provisioning = provisioning
        self._ledger = ledger
        self._command = command
        self._tell = tell
        stop = stop or StopSignal()
        self._log = Logbook(ledger, self.target, stop, clock)
        self._is_cut_short = is_cut_short or stop.is_set
        self._refused = 0
        self._met: set[str] = set()

    def __enter__(self) -> Self:
        self._provisioning.results.prepare()
        self._log.begin(self._command)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._caller.close()
        is_cut_short = kind is KeyboardInterrupt or self._is_cut_short()
        is_partial = kind is not None or bool(self._refused)
        result = "interrupted" if is_cut_short else "partial" if is_partial else "done"
        self._log.finish(result)

    @property
    def unmet(self) -> tuple[str, ...]:
        """Certificates that were to be kept, and are those of no device that has come."""
        return tuple(sorted(self._provisioning.keep - self._met))

    def issue(self, device: RequestedDevice) -> IssuedCertificate | IssuingRefused:
        """See `Issuer`. Raises `LedgerError`, and `OutputError` where results cannot be saved."""
        with self._log.held(device, self._provisioning.timeout_seconds):
            result = self._issue(device)
        self._refused += isinstance(result, IssuingRefused)
        return result

    def _issue(self, device: RequestedDevice) -> IssuedCertificate | IssuingRefused:
        earlier = recall(self._ledger, self.target.key, device.request.key)
        if earlier.done:
            self._met.add(earlier.done)
            return self._kept(device, earlier)
        finished = self._taken(device, earlier) or self._finished_before(device, earlier)
        if finished is not None:
            return finished
        others = namesakes(self._ledger, self.target.key, device, self._provisioning.parameters)
        theirs = certificates_of(self._ledger, self.target.key, others)
        if not self._provisioning.again:
            if earlier.doubtful:
                self._put_apart(device, earlier)
                return self._left(device, doubts.unknown_end(earlier.doubtful))
            if others:
                told = doubts.name_taken(device.record.device_id, others, theirs)
                return self._left(device, told)
        besides = (*earlier.doubtful, *theirs)
        problem = self._provisioning.parameters.unusable_name(device)
        if problem:
            return self._left(
                device, doubts.with_besides(IssuingRefused(problem, NAME_HINT), besides)
            )
        return self._provision(device, earlier, besides)

    def _kept(
        self, device: RequestedDevice, earlier: Earlier
    ) -> IssuedCertificate | IssuingRefused:
        """What a device gets that has its certificate: it is known by its key, not by its name."""
        issued = kept_result(self._provisioning.results, device, earlier, self._tell)
        if issued is None:
            return self._lost(device)
        row = earlier.row
        before = doubts.noted(row.reason) if row is not None else ()
        others = tuple(dict.fromkeys((*earlier.doubtful, *before)))
        if row is not None and row.state is DeviceState.ATTENTION and not self._provisioning.again:
            told = doubts.still_open(row.reason, earlier.done, others)
            self._log.enroll(
                device, row.state, thing=row.name, reason=row.reason, name=row.device_id
            )
            return told
        if row is not None and row.state is DeviceState.PENDING:
            # The process died before it had looked whose thing this is.
            return self._finished(device, replace(issued, may_be_active=others), row.device_id)
        name = "" if row is None else row.device_id
        is_done = row is not None and row.state is DeviceState.DONE
        note = row.reason if row is not None and is_done else doubts.besides(others)
        thing = issued.thing_name
        self._log.enroll(device, DeviceState.DONE, thing=thing, reason=note, name=name)
        return replace(issued, may_be_active=others)

    def _taken(
        self, device: RequestedDevice, earlier: Earlier
    ) -> IssuedCertificate | IssuingRefused | None:
        """The result where a person says that a certificate in doubt is the device's."""
        identity = next((each for each in earlier.doubtful if each in self._provisioning.keep), "")
        if not identity:
            return None
        self._met.add(identity)
        others = tuple(each for each in earlier.doubtful if each != identity)
        name = "" if earlier.row is None else earlier.row.device_id
        issued = taken_result(self._provisioning.results, device, earlier, identity)
        if issued is None:
            return self._left(device, doubts.not_at_hand(identity, others))
        self._log.enroll(device, DeviceState.PENDING, name=name)
        return self._finished(device, replace(issued, may_be_active=others), name)

    def _finished_before(
        self, device: RequestedDevice, earlier: Earlier
    ) -> IssuedCertificate | IssuingRefused | None:
        """The result where the process died between the file and the ledger."""
        for identity in earlier.doubtful:
            results = self._provisioning.results
            saved = results.load(device, identity, earlier.names)
            if saved is not None and results.has_answer(device, identity, earlier.names):
                name = "" if earlier.row is None else earlier.row.device_id
                self._log.enroll(device, DeviceState.PENDING, name=name)
                others = tuple(each for each in earlier.doubtful if each != identity)
                return self._finished(device, replace(saved, may_be_active=others), name)
        return None

    def _provision(
        self, device: RequestedDevice, earlier: Earlier, besides: tuple[str, ...]
    ) -> IssuedCertificate | IssuingRefused:
        if earlier.began:
            self._tell(
                f"{device.record.device_id}: an earlier attempt did not end. It is provisioned "
                "again; AWS deletes a certificate that was never activated"
            )
        self._log.enroll(device, DeviceState.PENDING)
        self._caller.begin(self._provisioning.timeout_seconds)
        created = self._caller.create(
            device.request,
            lambda: self._log.record(
                device,
                Intent(CREATE, "", 0, absent=False),
                Naming(NameKind.DEVICE, device.record.device_id),
            ),
        )
        if isinstance(created, NotAnswered):
            return self._failed(device, CREATE, "", created, besides)
        # In the ledger before it can be active: from there a file that is lost comes back.
        pem = to_pem(created.certificate.der)
        self._log.record(device, StepMark(CREATE, "", StepState.DONE, made=True, note=pem))
        return self._register(device, created, pem, besides)

    def _register(
        self,
        device: RequestedDevice,
        created: CreatedCertificate,
        pem: str,
        besides: tuple[str, ...],
    ) -> IssuedCertificate | IssuingRefused:
        identity = created.certificate_id
        thing = self._caller.register(
            created,
            self._provisioning.parameters.fill(device),
            lambda: self._log.record(device, Intent(REGISTER, identity, 1, absent=False)),
            self._provisioning.parameters.unlikely_name(device),
        )
        if isinstance(thing, NotAnswered):
            if thing.unknown:
                keep_doubtful(self._provisioning.results, device, identity, pem)
            return self._failed(device, REGISTER, identity, thing, besides)
        issued = IssuedCertificate(
            pem, identity, thing.thing_name, thing.configuration, may_be_active=besides
        )
        self._provisioning.results.save(device, issued)
        return self._finished(device, issued)

    def _finished(
        self, device: RequestedDevice, issued: IssuedCertificate, name: str = ""
    ) -> IssuedCertificate | IssuingRefused:
        """Done, unless the thing is another's too; ``name`` is what the ledger calls the device."""
        thing = issued.thing_name
        named = (Naming(NameKind.THING, thing),) if thing else ()
        mark = StepMark(REGISTER, issued.certificate_id, StepState.DONE, made=True)
        self._log.record(device, mark, *named)
        # After it is written down: of two benches that get one name at once, one sees the other.
        others = (
            self._ledger.holders(self.target.key, NameKind.THING, thing, device.request.key)
            if thing and not self._provisioning.again
            else ()
        )
        if others:
            theirs = certificates_of(self._ledger, self.target.key, others)
            told = doubts.thing_taken(thing, issued.certificate_id, others, theirs)
            return self._left(device, told, thing)
        note = doubts.besides(issued.may_be_active)
        self._log.enroll(device, DeviceState.DONE, thing=thing, reason=note, name=name)
        return issued

    def _failed(
        self,
        device: RequestedDevice,
        operation: str,
        subject: str,
        end: NotAnswered,
        besides: tuple[str, ...],
    ) -> IssuingRefused:
        refused = end.refused
        # What may have taken effect stays an intent.
        state = StepState.INTENT if end.unknown else StepState.FAILED
        if end.unknown and operation == REGISTER:
            told = doubts.unknown_end((subject,), refused.reason, refused.hint)
            refused = replace(told, fatal=refused.fatal)
        refused = doubts.with_besides(refused, besides)
        self._log.record(
            device,
            StepMark(operation, subject, state, note=end.refused.reason),
            DeviceMark(_state_of(refused), refused.reason),
        )
        return refused

    def _left(
        self, device: RequestedDevice, refused: IssuingRefused, thing: str = ""
    ) -> IssuingRefused:
        """Nothing was asked for; the ledger has it for `tng status` and the next run."""
        self._log.enroll(device, _state_of(refused), thing=thing, reason=refused.reason)
        return refused

    def _lost(self, device: RequestedDevice) -> IssuingRefused:
        folder = self._provisioning.results.folder
        return IssuingRefused(
            f"the ledger has {device.record.device_id} as done, but its certificate is not in "
            f"{folder}",
            "Name the folder that has it with --certificates: no second certificate is made.",
        )

    def _put_apart(self, device: RequestedDevice, earlier: Earlier) -> None:
        for identity in earlier.doubtful:
            pem = earlier.pem_of(identity)
            if pem:
                keep_doubtful(self._provisioning.results, device, identity, pem)


def _state_of(refused: IssuingRefused) -> DeviceState:
    return DeviceState.ATTENTION if refused.attention else DeviceState.FAILED
