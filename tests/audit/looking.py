"""Targets of real clouds, registered on by `tng`, and what an audit sees of them."""

from collections import defaultdict
from dataclasses import dataclass, field

from tests.cloud_cases.interface import chip
from tests.planned_devices import verified
from tng.apply.stopping import StopSignal
from tng.audit.models import DeviceStanding
from tng.audit.standing import TargetsSeen, look_at_targets
from tng.clouds.registry import CloudOpener, select_targets
from tng.config.loading import load_settings
from tng.exit_codes import ExitCode
from tng.ledger import SqliteLedger
from tng.plan.eligibility import PlanPolicy, Selection
from tng.registration import open_targets, plan_registration, register
from tng.sandbox.configuration import SandboxFiles


def selection(*numbers):
    """The chips of these numbers, to be planned."""
    return Selection(tuple(verified(number) for number in numbers), ())


def others(*numbers):
    """The certificates of these chips, not to be registered."""
    return {chip(number).sha256: chip(number).subject.common_name for number in numbers}


@dataclass
class Looked:
    """What an audit saw; ``kept`` and ``findings`` are by the number of the chip."""

    seen: TargetsSeen
    kept: dict[int, list[DeviceStanding]] = field(default_factory=lambda: defaultdict(list))
    findings: dict[int, list] = field(default_factory=lambda: defaultdict(list))

    def standing(self, number):
        """The one standing of a chip, on the one target."""
        (item,) = self.kept[number]
        return item.standing

    def codes(self, number):
        return [item.code for item in self.findings[number]]

    @property
    def target(self):
        (target,) = self.seen.targets
        return target

    def general(self, target):
        """The codes of the findings of a target."""
        items = [item for item in self.seen.general if item.subject.name == target.name]
        assert {item.subject.kind for item in items} <= {"target"}
        return [item.finding.code for item in items]


class Auditing:
    """Opens the targets of some cases as `tng` would."""

    def __init__(self, folder, monkeypatch, *cases):
        self.folder = folder
        self.cases = cases
        self.environment = {}
        self._numbers = {chip(number).sha256: number for number in range(20)}
        files = SandboxFiles(folder / "configuration")
        for case in cases:
            self.environment.update(case.environment(files.directory))
        for name, value in self.environment.items():
            monkeypatch.setenv(name, value)
        for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name, raising=False)
        sections = [section for case in cases for section in case.sections()]
        files.write(sections, [file for case in cases for file in case.side_files()])
        self._configuration = files.configuration
        self.ledger_path = folder / "ledger.db"

    def open(self, stop, *targets, **flags):
        """Without ``targets`` those that are first in each case."""
        chosen = targets or tuple(case.first for case in self.cases)
        settings = load_settings(self._configuration, {}, self.folder)
        selected = select_targets(settings, [target.name for target in chosen], flags)
        opener = CloudOpener(threads=4, environment=self.environment)
        return open_targets(selected, opener.open, stop)

    def register(self, *numbers, on=()):
        """Register chips with `tng`, remembered in the ledger."""
        stop = StopSignal()
        targets = self.open(stop, *on)
        devices = [verified(number) for number in numbers]
        plan = plan_registration(devices, targets, PlanPolicy(), offline=False)
        with SqliteLedger(self.ledger_path) as ledger:
            done = register(plan, targets, ledger, "tng register", offline=False, stop=stop)
        assert done.exit_code is ExitCode.DONE
        for case in self.cases:
            case.log.clear()

    def look(self, planned, other=None, *, on=(), stop=None, with_ledger=True, flags=None, **more):
        """Audit, with the ledger if there is one."""
        stop = stop or StopSignal()
        looked = Looked(TargetsSeen((), (), ()))

        def keep(sha256, standing, findings):
            number = self._numbers[sha256]
            if standing is not None:
                looked.kept[number].append(standing)
            looked.findings[number] += findings

        targets = self.open(stop, *on, **(flags or {}))
        with SqliteLedger(self.ledger_path) as ledger:
            looked.seen = look_at_targets(
                planned, other or {}, targets,
                ledger=ledger if with_ledger else None, keep=keep, stop=stop, **more,
            )  # fmt: skip
        for case in self.cases:
            assert case.log.writes() == ()
        return looked
