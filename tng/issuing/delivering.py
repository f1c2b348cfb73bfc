"""What registering requests needs beside plan and engine: who takes them, and their certificates.

Used by `tng.registration`. Nothing here prints or asks.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from tng.apply.calls import StoppedError
from tng.apply.session import OpenTarget
from tng.apply.side_by_side import side_by_side
from tng.certificate_files import safe_name
from tng.clouds.interface import ISSUE, CertificateKeeper, CloudError, IssuedMemory, IssuingCloud
from tng.csr.model import RequestedDevice
from tng.errors import TargetError, UsageError
from tng.issuing.folder import CertificateFolder, Tell, no_one
from tng.plan.models import Disposition, FailedTarget, Plan, PlannableDevice, TargetPlan

Keepers = Callable[[OpenTarget], CertificateKeeper]
"""Who keeps the certificates that requests get on a target."""


def accept_requests(
    target: OpenTarget, devices: Iterable[PlannableDevice], memory: IssuedMemory | None
) -> None:
    """Let the target know what is remembered; raises `TargetError` if it takes no requests."""
    if not any(isinstance(device, RequestedDevice) for device in devices):
        return
    if not isinstance(target.cloud, IssuingCloud):
        raise TargetError(
            f"cloud {target.cloud.description.cloud} takes certificates, not requests for one",
            "Have the devices' certificates made elsewhere and register these.",
        )
    if memory is not None:
        target.cloud.remember(memory)


def deliver_certificates(
    plan: Plan,
    targets: Mapping[str, OpenTarget],
    keepers: Keepers | None,
    memory: IssuedMemory,
    *,
    offline: bool,
) -> list[FailedTarget]:
    """Give the clouds their keepers, and these the certificates that are there already.

    ``targets`` are by key. What cannot be read is told as a failed target; the others are kept.
    Raises `UsageError` for requests that were planned ``offline``, and what a keeper raises.
    """
    asking = [item for item in plan.targets if _has_requests(item)]
    if asking and offline:
        raise UsageError(
            "certificate requests cannot be registered offline",
            "Whether a request has its certificate is known only from the cloud: "
            "leave --offline out.",
        )

    def deliver(item: TargetPlan) -> FailedTarget | None:
        return _deliver(item, targets[item.target.key], keepers, memory)

    return [failed for failed in side_by_side(deliver, asking) if failed is not None]


def _has_requests(plan: TargetPlan) -> bool:
    return any(isinstance(device.device, RequestedDevice) for device in plan.devices)


def _deliver(
    plan: TargetPlan, target: OpenTarget, keepers: Keepers | None, memory: IssuedMemory
) -> FailedTarget | None:
    cloud = target.cloud
    if not isinstance(cloud, IssuingCloud):
        return None
    cloud.remember(memory)
    if keepers is None:
        return None
    cloud.deliver(keepers(target))
    try:
        for device in plan.devices:
            made = device.disposition is not Disposition.CONFLICT and ISSUE not in device.operations
            if made:
                cloud.redeliver(device.key)
    except CloudError as error:
        return FailedTarget(
            target.name,
            f"a certificate that is there cannot be read: {error}",
            "Run the same command again.",
        )
    except StoppedError:
        # The run itself tells that it was stopped.
        return None
    return None


def certificate_folders(
    folder: Path, plan: Plan, tell: Tell = no_one
) -> Callable[[OpenTarget], CertificateFolder]:
    """Who keeps the certificates of a ``plan``: one folder, of several targets one within for each.

    ``tell`` is what `CertificateFiles` has. What this gives raises `OutputError` where nothing can
    be written.
    """
    places = [target.target for target in plan.targets]
    inner = {place.key: safe_name(place.name) for place in places}
    if len({name.lower() for name in inner.values()}) < len(inner):
        inner = {key: safe_name(key) for key in inner}
    names = {
        target.target.key: {
            item.key: item.name or item.device.record.device_id for item in target.devices
        }
        for target in plan.targets
    }

    def keeper(target: OpenTarget) -> CertificateFolder:
        key = target.cloud.description.key
        own = folder if len(places) == 1 else folder / inner[key]
        made = CertificateFolder(own, names[key], tell)
        made.prepare()
        return made

    return keeper
