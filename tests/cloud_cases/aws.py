"""AWS IoT, on either emulator."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.cloud_cases.interface import CaseKind, CaseTarget, CloudCase, Spoilt, chip, keys
from tests.emulators import CloudUnderTest
from tng.sandbox.accounts import SandboxAccount
from tng.sandbox.aws import CREDENTIALS_FILE, aws_sections, credentials_file
from tng.sandbox.configuration import SideFile, TargetSection
from tng.sandbox.faults import Fault
from tng.sandbox.quotas import DEFAULT_IOT_QUOTAS, quotas_for
from tng.sandbox.record import CallLog
from tng.x509.pem import to_pem

REGISTER = "RegisterCertificateWithoutCA"
WRITES = (
    REGISTER,
    "AttachPolicy",
    "CreateThing",
    "AttachThingPrincipal",
    "AddThingToThingGroup",
)
AWS = CaseKind(
    writes=WRITES,
    undo=(
        "RemoveThingFromThingGroup",
        "DetachThingPrincipal",
        "DeleteThing",
        "DetachPolicy",
        "UpdateCertificate",
        "DeleteCertificate",
    ),
    moments=(
        (REGISTER, 1),
        ("AttachPolicy", 3),
        ("AddThingToThingGroup", 6),
        (REGISTER, 5),
        ("CreateThing", 2),
        ("AttachThingPrincipal", 4),
    ),
    plan=dict.fromkeys(WRITES, 1),
    fact="endpoint",
)


def _target(account: SandboxAccount) -> CaseTarget:
    place = f"account {account.account}, {account.region}"
    return CaseTarget(account.target, account.account, place)


class AwsCase(CloudCase):
    """Two accounts, each in a region of its own, with policy, thing type and thing group."""

    kind = AWS
    right = "ACTIVE"
    differs = "INACTIVE, expected ACTIVE"

    def __init__(self, cloud: CloudUnderTest) -> None:
        self.cloud = cloud
        self.first, self.second = _target(cloud.eu), _target(cloud.us)
        self._accounts = {account.target: account for account in (cloud.eu, cloud.us)}

    @property
    def log(self) -> CallLog:
        return self.cloud.front.log

    def inject(self, *faults: Fault) -> None:
        self.cloud.front.inject(*faults)

    def limit(self, devices: float) -> None:
        self.cloud.front.limit(quotas_for(devices))

    def sections(self) -> Sequence[TargetSection]:
        return aws_sections(tuple(self._accounts.values()), self.cloud.endpoint_url, rate=1000)

    def side_files(self) -> Sequence[SideFile]:
        return (credentials_file(tuple(self._accounts.values())),)

    def environment(self, folder: Path) -> Mapping[str, str]:
        return {
            "AWS_SHARED_CREDENTIALS_FILE": str(folder / CREDENTIALS_FILE),
            "AWS_CONFIG_FILE": str(folder / "none"),
        }

    def client(self, target: CaseTarget) -> Any:
        """The SDK's client of a target."""
        return self.cloud.client("iot", self._accounts[target.name], attempts=5)

    def registered(self, target: CaseTarget) -> dict[str, str]:
        found: dict[str, str] = {}
        marker: dict[str, str] | None = {}
        client = self.client(target)
        while marker is not None:
            page = client.list_certificates(pageSize=250, **marker)
            found |= {item["certificateId"]: item["status"] for item in page["certificates"]}
            marker = {"marker": page["nextMarker"]} if page.get("nextMarker") else None
        return found

    def things(self, target: CaseTarget) -> dict[str, list[str]]:
        """Name of thing → its principals."""
        client = self.client(target)
        names = [item["thingName"] for item in client.list_things(maxResults=250)["things"]]
        return {name: client.list_thing_principals(thingName=name)["principals"] for name in names}

    def creations(self, target: CaseTarget) -> Counter[str]:
        made = self.log.registrations().items()
        return Counter({key: n for (account, _, key), n in made if account == target.account})

    def assert_complete(self, target: CaseTarget, count: int) -> None:
        """Each certificate has a thing of its own."""
        things = self.things(target)
        assert len(things) == count
        principals = [arn.rpartition("/")[2] for arns in things.values() for arn in arns]
        assert sorted(principals) == sorted(keys(count))

    def lock_out(self, target: CaseTarget, number: int) -> None:
        client, key = self.client(target), chip(number).sha256
        client.update_certificate(certificateId=key, newStatus="INACTIVE")

    def add(self, target: CaseTarget, number: int) -> None:
        pem = to_pem(chip(number).der)
        self.client(target).register_certificate_without_ca(certificatePem=pem, status="ACTIVE")

    def spoil(self, target: CaseTarget) -> Spoilt:
        return Spoilt({"account": "999999999999"}, {}, "999999999999")

    def operation(self, step: str) -> str:
        return step

    def quota(self, operation: str) -> float | None:
        return DEFAULT_IOT_QUOTAS.get(operation)
