"""Judging a document: which kind it is, and everything that is to be said about it.

The room's front door; `tng lint-policy` and the preflight of a registration use it.
"""

from collections.abc import Iterable, Iterator

from tng.policies.claim_rules import CLAIM, is_claim
from tng.policies.device_rules import DEVICE, thing_names
from tng.policies.model import Linted, Policy, PolicyKind, Remark
from tng.policies.reading import MAX_CHARACTERS, PolicyReader, read_document, shown
from tng.policies.rules import GENERAL, too_long
from tng.policies.templates import Template, is_template

_DEVICE_RULES = (*DEVICE, *GENERAL)
_CLAIM_RULES = (*CLAIM, *GENERAL)


def lint(data: bytes, kind: PolicyKind | None = None, *, things: bool = True) -> Linted:
    """Judge the document in ``data``; hostile bytes end as a remark, never as an exception.

    ``kind`` is seen from its content, unless it is given. ``things`` is false where the devices
    are known to have no things.
    """
    placed, early = read_document(data)
    if placed is None:
        return Linted(None, tuple(early))
    document = placed.value
    if kind is PolicyKind.TEMPLATE or (kind is None and is_template(document)):
        template = Template(placed, document if isinstance(document, dict) else {})
        return _ordered(PolicyKind.TEMPLATE, (*early, *_template_remarks(template)))
    reader = PolicyReader(placed.lines)
    policy = reader.policy(document)
    found = kind or (PolicyKind.CLAIM if is_claim(policy) else PolicyKind.DEVICE)
    length = [Remark(item) for item in too_long(document, MAX_CHARACTERS)]
    remarks = (*early, *reader.remarks, *length, *_policy_remarks(policy, found, things=things))
    return _ordered(found, remarks)


def _policy_remarks(policy: Policy, kind: PolicyKind, *, things: bool) -> Iterator[Remark]:
    for rule in _CLAIM_RULES if kind is PolicyKind.CLAIM else _DEVICE_RULES:
        yield from rule(policy)
    if not things and kind is PolicyKind.DEVICE:
        yield from thing_names(policy, "the devices get no things")


def _template_remarks(template: Template) -> Iterator[Remark]:
    yield from template.remarks()
    for policy, early, item in template.policies():
        where = ".".join(map(shown, item.path))
        found = _policy_remarks(policy, PolicyKind.DEVICE, things=template.has_thing)
        for remark in (*early, *found):
            yield Remark(remark.finding, f"{where} {remark.where}".strip(), remark.line)


def _ordered(kind: PolicyKind, remarks: Iterable[Remark]) -> Linted:
    """Each remark once, the heaviest first, in the document's order."""
    once = dict.fromkeys(remarks)
    order = sorted(once, key=lambda item: (-item.finding.severity.rank, item.line or 0))
    return Linted(kind, tuple(order))
