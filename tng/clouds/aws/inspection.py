"""Reading what a target holds, in as few calls as the number of devices allows.

A page of a list tells of 250 certificates, a Describe of one. A list is paged as long as that
takes no longer, at the rates, than asking for each of the devices; what is then still unknown is
asked for one by one. So it never takes more than twice as long as the better way.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from tng.clouds.aws.api import AwsApi
from tng.clouds.aws.certificates import DESCRIBE, LIST, PAGE
from tng.clouds.aws.failures import UNREADABLE, NotFoundError
from tng.clouds.aws.issued import OwnCertificate
from tng.clouds.aws.names import Place
from tng.clouds.aws.replies import named, structures, texts
from tng.clouds.aws.requests import RequestFinder
from tng.clouds.aws.settings import AwsSettings
from tng.clouds.aws.state import RemoteDevice, RemoteThing, read_thing, wanted_thing
from tng.clouds.interface import Caller, HeldDevice, TransientError
from tng.clouds.listing import find
from tng.csr.model import RequestedDevice
from tng.plan.models import PlannableDevice, device_key
from tng.plan.view import Rates, RemoteView

_READERS, _BATCH = 8, 1000
"""Threads that read things, and how many things are queued: enough for the rates at 80 ms."""


def page_cost(rates: Rates, pages: str, one: str) -> float:
    """How many calls of ``one`` the rates allow in the time of a page."""
    return rates.bucket(one)[1] / rates.bucket(pages)[1]


@contextmanager
def _readers() -> Iterator[ThreadPoolExecutor]:
    """Threads for reading; after an error what is still queued is dropped."""
    pool = ThreadPoolExecutor(_READERS, thread_name_prefix="inspect")
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def inspection_calls(settings: AwsSettings, devices: int) -> dict[str, int]:
    """The calls that it takes to read what belongs to so many certificates, if all are there."""
    calls = {"ListTargetsForPolicy": -(-devices // PAGE) * len(settings.policies)}
    if settings.thing_name is not None:
        calls["ListThingPrincipals"] = devices
        if settings.billing_group:
            calls["DescribeThing"] = devices
        if settings.groups:
            calls["ListThingGroupsForThing"] = devices
    return calls


class Inspector:
    """Reads the state of devices on one target, through the engine's `Caller`."""

    def __init__(
        self,
        api: AwsApi,
        caller: Caller,
        settings: AwsSettings,
        place: Place,
        rates: Rates,
        requests: RequestFinder,
    ) -> None:
        """``rates`` decide between a list and single answers."""
        self._requests = requests
        self._rates = rates
        self._api = api
        self._caller = caller
        self._settings = settings
        self._place = place

    def inspect(self, devices: Sequence[PlannableDevice]) -> RemoteView:
        """The state of every device of which the target holds something."""
        ids = self._expected(devices)
        return self._inspect(devices, self.statuses(list(dict.fromkeys(ids.values()))))

    def inspect_held(
        self, devices: Sequence[PlannableDevice], held: Iterable[HeldDevice]
    ) -> RemoteView:
        """The same, where ``held`` is every certificate that is there."""
        ids = self._expected(devices)
        wanted = frozenset(ids.values())
        statuses = {key: item.status for item in held for key in item.keys if key in wanted}
        return self._inspect(devices, statuses)

    def statuses(self, keys: Sequence[str]) -> dict[str, str]:
        """The statuses of those of the certificates ``keys`` that are there."""
        cost = page_cost(self._rates, LIST, DESCRIBE)
        return find(keys, self._certificate_pages(), self._certificate, cost)

    def _expected(self, devices: Sequence[PlannableDevice]) -> dict[str, str]:
        """The ids of the certificates that the devices have or are known to have got, by key."""
        own = [device_key(item) for item in devices if not isinstance(item, RequestedDevice)]
        requested = [device for device in devices if isinstance(device, RequestedDevice)]
        return {**dict(zip(own, own, strict=True)), **self._requests.remembered(requested)}

    def _inspect(
        self, devices: Sequence[PlannableDevice], statuses: Mapping[str, str]
    ) -> RemoteView:
        names = {key: thing for key, thing in self._names(devices) if thing}
        things = self._things(list(dict.fromkeys(names.values())))
        issued = self._requests.found(
            statuses, lambda key: _certificates(things.get(names.get(key, "")))
        )
        # What was found of requests has ids of its own; of all others, the id is the key.
        there = [*statuses, *(own.certificate_id for own in issued.values())]
        policies = self._policies(list(dict.fromkeys(there)))
        states = {}
        for key in map(device_key, devices):
            thing = things.get(names.get(key, ""))
            own = issued.get(key)
            if own is not None:
                states[key] = _issued_state(own, policies.get(own.certificate_id, ()), thing)
            elif key in statuses or thing is not None:
                states[key] = RemoteDevice(
                    status=statuses.get(key), policies=policies.get(key, ()), thing=thing
                )
        return RemoteView(states)

    def _names(self, devices: Sequence[PlannableDevice]) -> Iterator[tuple[str, str]]:
        for device in devices:
            thing = wanted_thing(self._settings, device)
            if thing is not None:
                yield device_key(device), thing.name

    def _certificate_pages(self) -> Iterator[Mapping[str, str]]:
        request = {"pageSize": PAGE}
        for reply in self._pages(LIST, request, "marker", "nextMarker"):
            items = structures(reply, "certificates")
            yield {str(item.get("certificateId")): str(item.get("status")) for item in items}

    def _certificate(self, key: str) -> str | None:
        reply = self._read(DESCRIBE, {"certificateId": key})
        if reply is None:
            return None
        description = reply.get("certificateDescription")
        if not isinstance(description, dict):
            raise TransientError(UNREADABLE, "the answer does not describe a certificate")
        return str(description.get("status"))

    def _policies(self, keys: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Which of the wanted policies are attached, by certificate id."""
        attached: dict[str, list[str]] = {key: [] for key in keys}
        arns = {self._place.certificate_arn(key): key for key in keys}
        known: dict[str, frozenset[str]] = {}
        for policy in self._settings.policies:
            one = partial(self._has_policy, policy, known)
            cost = page_cost(self._rates, "ListTargetsForPolicy", "ListAttachedPolicies")
            found = find(list(arns), self._target_pages(policy), one, cost)
            for arn in found:
                attached[arns[arn]].append(policy)
        return {key: tuple(names) for key, names in attached.items()}

    def _target_pages(self, policy: str) -> Iterator[Mapping[str, bool]]:
        request = {"policyName": policy, "pageSize": PAGE}
        for reply in self._pages("ListTargetsForPolicy", request, "marker", "nextMarker"):
            yield dict.fromkeys(texts(reply, "targets"), True)

    def _has_policy(self, policy: str, known: dict[str, frozenset[str]], arn: str) -> bool | None:
        if arn not in known:
            reply = self._read("ListAttachedPolicies", {"target": arn, "pageSize": PAGE})
            known[arn] = frozenset(named(reply, "policies", "policyName") if reply else ())
        return True if policy in known[arn] else None

    def _things(self, names: Sequence[str]) -> dict[str, RemoteThing]:
        """The things that exist; what a list leaves out is read of these only."""
        cost = page_cost(self._rates, "ListThings", "DescribeThing")
        existing = find(names, self._thing_pages(), self._describe_thing, cost)
        things: dict[str, RemoteThing] = {}
        items = list(existing.items())
        with _readers() as pool:
            for start in range(0, len(items), _BATCH):
                batch = items[start : start + _BATCH]
                for (name, _), thing in zip(batch, pool.map(self._thing, batch), strict=True):
                    if thing is not None:
                        things[name] = thing
        return things

    def _thing_pages(self) -> Iterator[Mapping[str, Mapping[str, Any]]]:
        """Pages of things by name; empty where a list does not tell all that is wanted."""
        for reply in self._pages("ListThings", {"maxResults": PAGE}, "nextToken", "nextToken"):
            yield {
                name: item if self._is_complete(item) else {}
                for item in structures(reply, "things")
                if isinstance(name := item.get("thingName"), str)
            }

    def _is_complete(self, item: Mapping[str, object]) -> bool:
        """Whether a DescribeThing would tell no more; a list never tells the billing group."""
        return self._settings.billing_group is None and isinstance(item.get("attributes"), dict)

    def _describe_thing(self, name: str) -> Mapping[str, Any] | None:
        return self._read("DescribeThing", {"thingName": name})

    def _thing(self, item: tuple[str, Mapping[str, Any]]) -> RemoteThing | None:
        name, known = item
        description = known or self._describe_thing(name)
        return None if description is None else self._with_members(name, read_thing(description))

    def _with_members(self, name: str, thing: RemoteThing) -> RemoteThing:
        principals = self._read("ListThingPrincipals", {"thingName": name})
        thing["principals"] = texts(principals, "principals") if principals else ()
        if self._settings.groups:
            request = {"thingName": name, "maxResults": 100}
            groups = self._read("ListThingGroupsForThing", request)
            thing["groups"] = named(groups, "thingGroups", "groupName") if groups else ()
        return thing

    def _pages(
        self, operation: str, request: Mapping[str, object], token: str, next_token: str
    ) -> Iterator[Mapping[str, Any]]:
        following = dict(request)
        while True:
            reply = self._read(operation, following)
            if reply is None:
                return
            yield reply
            if not reply.get(next_token):
                return
            following[token] = reply[next_token]

    def _read(self, operation: str, request: Mapping[str, object]) -> Mapping[str, Any] | None:
        """One reply, or ``None`` where the thing asked for is not there."""
        try:
            return self._caller(operation, lambda: self._api.call(operation, request))
        except NotFoundError:
            return None


def _issued_state(
    own: OwnCertificate, policies: tuple[str, ...], thing: RemoteThing | None
) -> RemoteDevice:
    return RemoteDevice(status=own.status, policies=policies, thing=thing, own=own)


def _certificates(thing: RemoteThing | None) -> tuple[str, ...]:
    """The ids of the certificates among a thing's principals."""
    principals = () if thing is None else thing["principals"]
    return tuple(arn.rpartition("/")[2] for arn in principals if ":cert/" in arn)
