"""The limit of registering in Azure DPS: the SDK alone, doing the same calls.

As many threads and the same connections as the engine has, but no plan, no ledger, no pace,
and nothing looked at in the answers.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from azure.core.credentials import AzureNamedKeyCredential
from azure.iot.deviceprovisioning import DeviceProvisioningClient

from bench.dps_service import Place
from bench.enrolling_cases import Case
from tng.apply.engine import DEFAULT_THREADS
from tng.clouds.azure.settings import AzureSettings
from tng.clouds.azure.transport import make_transport
from tng.clouds.azure.wanted import wanted_document, wanted_ids
from tng.models import VerifiedDevice
from tng.x509.pem import to_pem


def sdk_calls(
    client: DeviceProvisioningClient, case: Case, devices: Sequence[VerifiedDevice]
) -> list[Callable[[], object]]:
    """The calls of ``case``, with documents that are complete already."""
    settings = AzureSettings("bench")
    documents = [
        wanted_document(settings, wanted_ids(settings, device), to_pem(device.leaf.der))
        for device in devices
    ]
    enrollment = client.enrollment
    if not case.bulk:
        return [
            partial(enrollment.create_or_update, str(document["registrationId"]), document)
            for document in documents
        ]
    size = case.per_call
    batches = [documents[start : start + size] for start in range(0, len(documents), size)]
    return [
        partial(enrollment.run_bulk_operation, {"mode": "create", "enrollments": batch})
        for batch in batches
    ]


def sdk_client(place: Place) -> DeviceProvisioningClient:
    """The SDK as it comes, but for the connections."""
    return DeviceProvisioningClient(
        place.host,
        AzureNamedKeyCredential(place.policy, place.key),
        transport=make_transport(DEFAULT_THREADS, place.ca_file),
    )


def make_calls(calls: Sequence[Callable[[], object]]) -> None:
    """All of them, in as many threads as the engine has."""
    with ThreadPoolExecutor(DEFAULT_THREADS) as pool:
        for future in [pool.submit(call) for call in calls]:
            future.result()
