"""Reading in few calls: pages first, then one by one, never twice what is needed."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.clouds.aws.conftest import call_at_once
from tests.planned_devices import verified
from tng.clouds.aws.certificates import CertificateReader
from tng.clouds.aws.failures import NotFoundError
from tng.clouds.aws.inspection import Inspector, find
from tng.clouds.aws.issued import IssuedTable, NoIssuedMemory
from tng.clouds.aws.names import Place
from tng.clouds.aws.rates import rates
from tng.clouds.aws.requests import RequestFinder
from tng.clouds.aws.settings import AwsSettings
from tng.plan.template import Template

PLACE = Place("111111111111", "eu-central-1")


def inspector_of(account, settings):
    """Of an account in which nobody asked with a request."""
    reader = CertificateReader(account, call_at_once)
    requests = RequestFinder(reader, NoIssuedMemory(), IssuedTable(), "aws")
    return Inspector(account, call_at_once, settings, PLACE, rates(settings, {}), requests)


@given(
    wanted=st.lists(st.integers(0, 60), unique=True, max_size=12),
    there=st.lists(st.integers(0, 60), unique=True),
    page=st.integers(1, 9),
)
def test_what_is_there_is_found_in_at_most_twice_the_calls_of_the_better_way(wanted, there, page):
    calls = Counter()

    def pages():
        for start in range(0, max(1, len(there)), page):
            calls["page"] += 1
            yield dict.fromkeys(there[start : start + page], "ACTIVE")

    def one(key):
        calls["one"] += 1
        return "ACTIVE" if key in there else None

    found = find(wanted, pages(), one)
    assert found == {key: "ACTIVE" for key in wanted if key in there}
    better = min(len(wanted), max(1, -(-len(there) // page)))
    assert calls.total() <= 2 * better


@given(
    wanted=st.lists(st.integers(0, 60), unique=True, min_size=1, max_size=30),
    there=st.lists(st.integers(0, 60), unique=True),
    page=st.integers(1, 9),
    cost=st.floats(0.1, 50),
)
def test_where_pages_cost_more_time_it_is_the_time_that_counts(wanted, there, page, cost):
    seconds = Counter()

    def pages():
        for start in range(0, max(1, len(there)), page):
            seconds["page"] += cost
            yield dict.fromkeys(there[start : start + page], "ACTIVE")

    def one(key):
        seconds["one"] += 1
        return "ACTIVE" if key in there else None

    find(wanted, pages(), one, cost)
    better = min(len(wanted), max(1, -(-len(there) // page)) * cost)
    assert seconds.total() <= 2 * better + cost + 1e-6


class PagedAccount:
    """An account that pages, which no emulator does: 250 items a page, as AWS."""

    def __init__(self, certificates: dict[str, str], policies: dict[str, list[str]]) -> None:
        self.calls: Counter[str] = Counter()
        self._certificates = certificates
        self._policies = policies

    def call(self, operation, request):
        self.calls[operation] += 1
        return getattr(self, operation)(request)

    def ListCertificates(self, request):  # noqa: N802 - named as the operation
        items = [{"certificateId": key, "status": s} for key, s in self._certificates.items()]
        return self._page("certificates", items, request)

    def ListTargetsForPolicy(self, request):  # noqa: N802 - named as the operation
        if request["policyName"] not in self._policies:
            raise NotFoundError("ResourceNotFoundException", "no such policy")
        return self._page("targets", self._policies[request["policyName"]], request)

    def ListAttachedPolicies(self, request):  # noqa: N802 - named as the operation
        names = [name for name, arns in self._policies.items() if request["target"] in arns]
        return {"policies": [{"policyName": name} for name in names]}

    def DescribeCertificate(self, request):  # noqa: N802 - named as the operation
        status = self._certificates.get(request["certificateId"])
        if status is None:
            raise NotFoundError("ResourceNotFoundException", "no such certificate")
        return {"certificateDescription": {"status": status}}

    def _page(self, name, items, request):
        start = int(request.get("marker", 0))
        reply = {name: items[start : start + request["pageSize"]]}
        if start + request["pageSize"] < len(items):
            reply["nextMarker"] = str(start + request["pageSize"])
        return reply


def others(count: int) -> dict[str, str]:
    return {f"{number:064x}": "ACTIVE" for number in range(count)}


def inspect(account, devices, *policies):
    settings = AwsSettings(name="", policies=policies)
    return inspector_of(account, settings).inspect(devices).states


@pytest.mark.parametrize(
    ("strangers", "devices", "expected"),
    [
        (0, 10, {"ListCertificates": 1}),
        (600, 10, {"ListCertificates": 3}),
        (100_000, 10, {"ListCertificates": 10, "DescribeCertificate": 10}),
        (100_000, 1, {"ListCertificates": 1, "DescribeCertificate": 1}),
    ],
)
def test_calls_for_devices_that_are_not_there(strangers, devices, expected):
    account = PagedAccount(others(strangers), {})
    assert inspect(account, [verified(number) for number in range(devices)]) == {}
    assert account.calls == expected


def test_the_last_page_is_not_missed():
    device = verified(1)
    account = PagedAccount({**others(600), device.leaf.sha256: "INACTIVE"}, {"fleet": []})
    states = inspect(account, [device, verified(2), verified(3)], "fleet")
    assert states == {
        device.leaf.sha256: {"status": "INACTIVE", "policies": (), "thing": None},
    }


def test_policies_are_paged_or_asked_for_one_by_one():
    devices = [verified(number) for number in range(3)]
    arns = [PLACE.certificate_arn(device.leaf.sha256) for device in devices]
    strangers = [PLACE.certificate_arn(key) for key in others(5000)]
    account = PagedAccount(
        {device.leaf.sha256: "ACTIVE" for device in devices},
        {"fleet": [*strangers, arns[0]], "second": [arns[0], arns[1]]},
    )
    states = inspect(account, devices, "fleet", "second", "absent")
    found = [states[device.leaf.sha256]["policies"] for device in devices]
    assert found == [("fleet", "second"), ("second",), ()]
    # Two pages of the first list in vain, in the time of which the quotas allow three single
    # answers, one of the second, one of the third; the three certificates are asked for once,
    # whatever the number of policies.
    assert account.calls["ListTargetsForPolicy"] == 2 + 1 + 1
    assert account.calls["ListAttachedPolicies"] == 3


def test_a_state_is_plain_data():
    account = PagedAccount({verified(1).leaf.sha256: "ACTIVE"}, {})
    assert json.dumps(inspect(account, [verified(1)]))


def test_devices_without_a_usable_name_are_read_without_their_thing():
    settings = AwsSettings(name="", thing_name=Template.parse("{uid}", "test"))
    account = PagedAccount({verified(1).leaf.sha256: "ACTIVE"}, {})
    states = inspector_of(account, settings).inspect([verified(1)]).states
    assert states[verified(1).leaf.sha256]["thing"] is None


class AccountOfThings(PagedAccount):
    """Things that all have their certificate."""

    def __init__(self, names):
        super().__init__({}, {})
        self._names = names

    def ListThings(self, request):  # noqa: N802 - named as the operation
        items = [{"thingName": name, "attributes": {"part": name}} for name in self._names]
        start = int(request.get("nextToken", 0))
        reply = {"things": items[start : start + request["maxResults"]]}
        if start + request["maxResults"] < len(items):
            reply["nextToken"] = str(start + request["maxResults"])
        return reply

    def DescribeThing(self, request):  # noqa: N802 - named as the operation
        return {"thingName": request["thingName"], "attributes": {"part": request["thingName"]}}

    def ListThingPrincipals(self, request):  # noqa: N802 - named as the operation
        return {"principals": ["arn"]}


@pytest.mark.parametrize("billing_group", [None, "fleet"])
def test_a_list_of_things_tells_all_but_the_billing_group(billing_group):
    settings = AwsSettings(
        name="", thing_name=Template.parse("{device_id}", "test"), billing_group=billing_group
    )
    devices = [verified(number) for number in range(36)]
    account = AccountOfThings([device.record.device_id for device in devices])
    inspector = inspector_of(account, settings)
    states = inspector.inspect(devices).states
    for device in devices:
        thing = states[device.leaf.sha256]["thing"]
        assert thing["attributes"] == {"part": device.record.device_id}
        assert thing["principals"] == ("arn",)
    assert account.calls["DescribeThing"] == (36 if billing_group else 0)
    assert account.calls["ListThingPrincipals"] == 36


def test_a_full_account_is_listed_and_no_certificate_described_where_that_is_quicker():
    settings = AwsSettings(name="")
    key = verified(1).leaf.sha256
    account = PagedAccount({**others(20_000), key: "ACTIVE"}, {})
    inspector = inspector_of(account, settings)
    wanted = [key, *(f"{number:064x}" for number in range(30_000, 30_200))]
    assert inspector.statuses(wanted) == {key: "ACTIVE"}
    assert account.calls == {"ListCertificates": 81}
