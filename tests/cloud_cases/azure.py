"""Azure DPS, on the stand-in, one by one and in bulk."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from azure.core.credentials import AzureNamedKeyCredential
from azure.core.exceptions import (
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.iot.deviceprovisioning import DeviceProvisioningClient

from tests.cloud_cases.interface import CaseKind, CaseTarget, CloudCase, Spoilt, chip
from tng.sandbox.configuration import SideFile, TargetSection
from tng.sandbox.dps.quotas import DPS_OPERATIONS_A_MINUTE, UNLIMITED, DpsQuota
from tng.sandbox.dps.sandbox import POLICY, RunningDps
from tng.sandbox.faults import Fault
from tng.sandbox.record import CallLog
from tng.x509.pem import to_pem

PUT, BULK, DELETE = "CreateOrUpdateEnrollment", "RunBulkEnrollmentOperation", "DeleteEnrollment"
_CALLS = {"CreateEnrollment": PUT, "UpdateEnrollment": PUT}
_TRIES = 50

SINGLE = CaseKind(
    writes=(PUT,),
    undo=(DELETE,),
    moments=((PUT, 1), (PUT, 5)),
    plan={"CreateEnrollment": 1},
    fact="auth",
)
IN_BULK = replace(
    SINGLE, writes=(BULK,), moments=((BULK, 2), (BULK, 1), (BULK, 3)), devices=25, per_call=10
)


class AzureCase(CloudCase):
    """Two instances of the Device Provisioning Service."""

    right = "enabled"
    differs = "the provisioning status is disabled, expected enabled"

    def __init__(self, running: RunningDps, *, bulk: bool) -> None:
        self.running = running
        self.kind = IN_BULK if bulk else SINGLE
        self._bulk = bulk
        self.first, self.second = (
            CaseTarget(instance.name, instance.name, instance.hosts[0])
            for instance in running.instances
        )

    @property
    def log(self) -> CallLog:
        return self.running.server.log

    def inject(self, *faults: Fault) -> None:
        self.running.server.inject(*faults)

    def limit(self, devices: float) -> None:
        quota = DpsQuota(60 * devices, burst=devices, bulk_costs_items=True)
        self.running.server.limit(quota if devices else UNLIMITED)

    def sections(self) -> Sequence[TargetSection]:
        return [
            replace(section, values={**section.values, "bulk": self._bulk})
            for section in self.running.sections()
        ]

    def side_files(self) -> Sequence[SideFile]:
        return self.running.side_files()

    def environment(self, folder: Path) -> Mapping[str, str]:
        return self.running.variables

    @contextmanager
    def client(self, target: CaseTarget) -> Iterator[DeviceProvisioningClient]:
        """The SDK's client of a target."""
        instance = self.running.instance(target.name).instance
        with DeviceProvisioningClient(
            instance.hosts[0],
            AzureNamedKeyCredential(POLICY, instance.keys[POLICY]),
            retry_total=0,
            connection_verify=str(self.running.ca_file),
        ) as client:
            yield client

    def documents(self, target: CaseTarget) -> list[Mapping[str, Any]]:
        """Every enrollment, as the SDK sees it, whatever faults there still are."""
        everything = {"query": "SELECT * FROM enrollments"}
        with self.client(target) as client:
            for _ in range(_TRIES):
                # Of its own accord the SDK would wait for long, and try no throttled query again.
                with suppress(HttpResponseError, ServiceRequestError, ServiceResponseError):
                    return list(client.enrollment.query(everything))
        raise AssertionError(f"{target.name} cannot be read")

    def registered(self, target: CaseTarget) -> dict[str, str]:
        found = {
            primary(document)["sha256Thumbprint"].lower(): document["provisioningStatus"]
            for document in self.documents(target)
        }
        # The stand-in keeps what it was sent; the SDK tells what the service makes of it.
        kept = self.running.instance(target.name).enrollments.values()
        assert sorted(found) == sorted(enrollment.sha256 for enrollment in kept)
        return found

    def creations(self, target: CaseTarget) -> Counter[str]:
        return self.running.instance(target.name).creations

    def assert_complete(self, target: CaseTarget, count: int) -> None:
        """Each device comes in by its common name, and the hub knows it by that."""
        names = [chip(number).subject.common_name or "" for number in range(count)]
        ids = [(item["registrationId"], item["deviceId"]) for item in self.documents(target)]
        assert sorted(ids) == sorted((name.lower(), name) for name in names)

    def lock_out(self, target: CaseTarget, number: int) -> None:
        registration_id = (chip(number).subject.common_name or "").lower()
        with self.client(target) as client:
            document = dict(client.enrollment.get(registration_id))
            etag = document.pop("etag")
            document |= _attested(number) | {"provisioningStatus": "disabled"}
            client.enrollment.create_or_update(registration_id, document, if_match=etag)

    def add(self, target: CaseTarget, number: int) -> None:
        name = chip(number).subject.common_name or ""
        document = {"registrationId": name.lower(), "deviceId": name, **_attested(number)}
        with self.client(target) as client:
            client.enrollment.create_or_update(name.lower(), document)

    def spoil(self, target: CaseTarget) -> Spoilt:
        section = next(section for section in self.sections() if section.name == target.name)
        variable = str(section.values["connection_string_env"])
        own = self.running.connection_string(target.name)
        strange = f"{own.rpartition('SharedAccessKey=')[0]}SharedAccessKey=c3RyYW5nZXI="
        return Spoilt({}, {variable: strange}, "401")

    def operation(self, step: str) -> str:
        return _CALLS.get(step, step)

    def quota(self, operation: str) -> float | None:
        return DPS_OPERATIONS_A_MINUTE / 60


def primary(document: Mapping[str, Any]) -> Mapping[str, str]:
    """What the service tells of an enrollment's certificate."""
    return document["attestation"]["x509"]["clientCertificates"]["primary"]["info"]


def _attested(number: int) -> dict[str, object]:
    certificates = {"primary": {"certificate": to_pem(chip(number).der)}}
    return {"attestation": {"type": "x509", "x509": {"clientCertificates": certificates}}}
