"""Makes what a provisioning template has planned for a device: thing, groups, policies, status.

The certificate becomes what the template says last of all, so that a device that can connect is
complete. What is there already in the same form is no conflict.
"""

from tng.sandbox.gateway.registry import Registry, RegistryError
from tng.sandbox.gateway.template import ThingPlan


def register_thing(registry: Registry, plan: ThingPlan, certificate_id: str) -> None:
    """Do what is planned, in order. Raises `RegistryError` at the first refusal."""
    arn = registry.arn(f"cert/{certificate_id}")
    _check(registry, plan)
    if plan.thing is not None:
        _create_thing(registry, plan, plan.thing)
        registry.attach_thing(plan.thing, arn)
    for policy in plan.policies:
        registry.attach_policy(policy, arn)
    registry.set_status(certificate_id, plan.status)


def _check(registry: Registry, plan: ThingPlan) -> None:
    """Before anything is made, so that a wrong template leaves nothing behind."""
    needed = [
        *(("policies", name) for name in plan.policies),
        *(("thing-groups", name) for name in plan.groups),
        *(("thing-types", name) for name in (plan.thing_type,) if name is not None),
    ]
    for kind, name in needed:
        if not registry.has(kind, name):
            raise RegistryError(
                404, "ResourceNotFoundException", f"{kind} has no member named {name}"
            )


def _create_thing(registry: Registry, plan: ThingPlan, thing: str) -> None:
    request: dict[str, object] = {"attributePayload": {"attributes": dict(plan.attributes)}}
    if plan.thing_type is not None:
        request["thingTypeName"] = plan.thing_type
    registry.create_thing(thing, request)
    for group in plan.groups:
        member = {"thingGroupName": group, "thingName": thing}
        registry.ask("PUT", "/thing-groups/addThingToThingGroup", member)
