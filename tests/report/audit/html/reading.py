"""A page as its elements, for tests that look at what was written."""

import io
from dataclasses import dataclass, field
from html.parser import HTMLParser

from tng.audit.models import Audit
from tng.report.audit.html import write_html

_VOID = {"meta", "input", "br", "link"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    parent: "Element | None"
    inside: list["Element | str"] = field(default_factory=list)

    @property
    def children(self) -> list["Element"]:
        return [item for item in self.inside if isinstance(item, Element)]

    @property
    def text(self) -> str:
        """Its own text, without that of its children."""
        return "".join(item for item in self.inside if isinstance(item, str))

    @property
    def whole_text(self) -> str:
        return "".join(item if isinstance(item, str) else item.whole_text for item in self.inside)

    def all(self, *tags: str):
        for child in self.children:
            if not tags or child.tag in tags:
                yield child
            yield from child.all(*tags)


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__()
        self.root = self.current = Element("", {}, None)

    def handle_starttag(self, tag, attrs):
        element = Element(tag, {key: value or "" for key, value in attrs}, self.current)
        self.current.inside.append(element)
        if tag not in _VOID:
            self.current = element

    def handle_endtag(self, tag):
        assert tag == self.current.tag, f"<{self.current.tag}> is ended by </{tag}>"
        self.current = self.current.parent

    def handle_data(self, data):
        self.current.inside.append(data)


def octets_of(audit: Audit) -> bytes:
    stream = io.BytesIO()
    write_html(audit, stream)
    return stream.getvalue()


def page_of(audit: Audit) -> Element:
    """The root of the page; every element must be ended as it was begun."""
    reader = _Reader()
    reader.feed(octets_of(audit).decode("utf-8"))
    reader.close()
    assert reader.current is reader.root
    return reader.root
