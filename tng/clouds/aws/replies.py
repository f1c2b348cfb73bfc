"""Lists in replies, of which botocore checks that structures are structures, and no more.

A reply that was no JSON at all reaches us as one without members: it is not taken for a list
in which nothing is.
"""

from collections.abc import Iterator, Mapping

from tng.clouds.aws.failures import UNREADABLE
from tng.clouds.interface import TransientError


def listed(reply: Mapping[str, object], member: str) -> list[object]:
    """The list ``member``; raises `TransientError` where the reply has none."""
    items = reply.get(member)
    if isinstance(items, list):
        return items
    raise TransientError(UNREADABLE, f"the answer has no list {member}")


def structures(reply: Mapping[str, object], member: str) -> Iterator[Mapping[str, object]]:
    """The structures of the list ``member``."""
    return (item for item in listed(reply, member) if isinstance(item, dict))


def named(reply: Mapping[str, object], member: str, name: str) -> tuple[str, ...]:
    """The texts ``name`` of the structures in the list ``member``."""
    return tuple(
        text for item in structures(reply, member) if isinstance(text := item.get(name), str)
    )


def texts(reply: Mapping[str, object], member: str) -> tuple[str, ...]:
    """The texts in the list ``member``."""
    return tuple(item for item in listed(reply, member) if isinstance(item, str))
