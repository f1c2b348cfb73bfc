"""Writes the page: the templates with the audit's values, and the devices as packed blocks."""

import json
from collections.abc import Iterator
from functools import cache
from typing import BinaryIO

from jinja2 import Environment, PackageLoader, StrictUndefined

from tng.audit.models import Audit
from tng.findings import Severity
from tng.report.audit.html import text_filters, view
from tng.report.audit.html.assets import load_assets
from tng.report.audit.html.packing import packed_blocks
from tng.report.audit.html.pictures import pictures
from tng.report.text import printable


def write_html(audit: Audit, stream: BinaryIO) -> None:
    """Write ``audit`` as a page (UTF-8); the same audit gives the same bytes.

    The devices are walked once; memory holds `packing.DEVICES_A_BLOCK` of them.
    """
    template = _environment().get_template("page.html")
    for piece in template.generate(_context(audit)):
        stream.write(piece.encode("utf-8"))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tng.report.audit.html"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=text_filters.inert,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "day": text_filters.day,
        "minute": text_filters.minute,
        "plural": text_filters.plural,
        "share": text_filters.share,
        "shortened": text_filters.shortened,
        "thousands": text_filters.thousands,
        "words": text_filters.words,
    }
    return environment


def _context(audit: Audit) -> dict[str, object]:
    static = view.StaticDevices()
    attention = view.by_weight(audit.troubles, Severity.ERROR, Severity.WARNING)
    return {
        "assets": load_assets(),
        "audit": audit,
        "attention": attention,
        "notices": view.by_weight(audit.troubles, Severity.NOTICE),
        "blocks": packed_blocks(static.watch(audit.devices)),
        "count": len(audit.devices),
        "figures": list(view.figures(audit)),
        "glossary": _glossary(audit),
        "headline": view.HEADLINES[audit.verdict.decision],
        "other_reasons": view.other_reasons(audit, attention),
        "pictures": list(pictures(audit)),
        "standings": view.used_standings(audit),
        "static": static,
        "view": view,
    }


def _glossary(audit: Audit) -> str:
    """What the script says in words, as JSON that cannot end its element."""
    words = {
        "checks": dict(_check_words(audit)),
        "statuses": {status.value: text for status, text in view.STATUS_MEANINGS.items()},
        "standings": {item.value: text for item, text in view.STANDING_MEANINGS.items()},
        "deliveries": {item.value: text for item, text in view.DELIVERY_MEANINGS.items()},
        "targets": [printable(target.name) for target in audit.targets],
        "orders": audit.reconciliation is not None,
    }
    return json.dumps(words, sort_keys=True).replace("<", "\\u003c")


def _check_words(audit: Audit) -> Iterator[tuple[str, list[str]]]:
    for check in (*audit.checks, *(trouble.check for trouble in audit.troubles)):
        yield (
            printable(check.code),
            [printable(text) for text in (check.title, check.meaning, check.remedy)],
        )
