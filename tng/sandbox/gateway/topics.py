"""Topic names and filters of MQTT 3.1.1 (§4.7), within the limits of AWS IoT.

Limits are those of "AWS IoT Core message broker and protocol limits and quotas".
"""

MAX_TOPIC_BYTES = 256
MAX_SLASHES = 7
MAX_RESERVED_BYTES = 512
"""Reserved topics count their first three levels for nothing; a bound of our own."""

_RESERVED = "$"


def is_topic(name: str) -> bool:
    """Whether a message can be published to it."""
    return not ({"+", "#"} & set(name)) and _is_short(name)


def is_filter(text: str) -> bool:
    """Whether it can be subscribed to: ``+`` is a whole level, ``#`` the whole last one."""
    levels = text.split("/")
    proper = all(level in ("+", "#") or not ({"+", "#"} & set(level)) for level in levels)
    return proper and "#" not in levels[:-1] and _is_short(text)


def matches(topic_filter: str, topic: str) -> bool:
    """Whether a message at ``topic`` is meant by a proper filter.

    A filter that begins with a wildcard does not mean topics that begin with ``$`` (§4.7.2).
    """
    if topic.startswith(_RESERVED) and topic_filter[:1] in ("+", "#"):
        return False
    wanted, got = topic_filter.split("/"), topic.split("/")
    for position, level in enumerate(wanted):
        if level == "#":
            return True
        if position >= len(got) or level not in ("+", got[position]):
            return False
    return len(wanted) == len(got)


def _is_short(text: str) -> bool:
    length = len(text.encode("utf-8", "surrogatepass"))
    if text.startswith(_RESERVED):
        return length <= MAX_RESERVED_BYTES
    return 0 < length <= MAX_TOPIC_BYTES and text.count("/") <= MAX_SLASHES
