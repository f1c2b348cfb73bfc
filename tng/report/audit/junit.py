"""JUnit XML, so that a pipeline's pages show each device as a test that passed or failed.

There is no standard; what Jenkins, GitLab and GitHub's reporters read in common is written
(the schema of Jenkins' xUnit plug-in, ``jenkins-junit.xsd``).
"""

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import BinaryIO
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from tng.audit.models import Audit
from tng.report.audit.junit_cases import (
    GENERAL,
    ORDERS,
    TARGETS,
    Case,
    Ending,
    device_case,
    general_cases,
    order_cases,
    target_cases,
)
from tng.report.rows import timestamp
from tng.report.text import bounded, shortened

MAX_MESSAGE = 500
"""Characters of an attribute, which pages show in one line."""
MAX_TEXT = 5_000
"""Characters of an element's text; the JSON report has it whole."""


def write_junit(audit: Audit, stream: BinaryIO) -> None:
    """Write the report: a suite a source, then orders, targets and what else was found."""
    xml = XMLGenerator(stream, "utf-8", short_empty_elements=True)
    xml.startDocument()
    xml.startElement("testsuites", AttributesImpl({"name": "tng audit"}))
    suites = _Suites(xml, timestamp(audit.making.at).removesuffix("Z"))
    for name, ahead, cases in _device_suites(audit):
        suites.write(name, ahead, cases)
    for name, make_cases in (
        (ORDERS, order_cases),
        (TARGETS, target_cases),
        (GENERAL, general_cases),
    ):
        suites.write(name, make_cases(audit), make_cases(audit))
    xml.endElement("testsuites")
    xml.characters("\n")
    xml.endDocument()


def _device_suites(audit: Audit) -> Iterator[tuple[str, Iterable[Case], Iterable[Case]]]:
    """Each source's cases twice, since their counts stand before them.

    Two walks over the devices go side by side, the first always one source ahead, so that no
    source's devices have to be kept.
    """
    behind = map(device_case, audit.devices)
    for file, devices in groupby(audit.devices, key=lambda device: device.source.file):
        yield file, map(device_case, devices), behind


class _Suites:
    """Writes suites; ``moment`` is the time of them all."""

    def __init__(self, xml: XMLGenerator, moment: str) -> None:
        self._xml = xml
        self._moment = moment

    def write(self, name: str, ahead: Iterable[Case], cases: Iterable[Case]) -> None:
        """Count the cases of ``ahead``, then write as many of ``cases``; nothing for none."""
        counts = dict.fromkeys(Ending, 0)
        for case in ahead:
            counts[case.ending] += 1
        total = sum(counts.values())
        if not total:
            return
        attributes = {
            "name": _line(name),
            "tests": str(total),
            "failures": str(counts[Ending.FAILURE]),
            "errors": str(counts[Ending.ERROR]),
            "skipped": str(counts[Ending.SKIPPED]),
            "time": "0",
            "timestamp": self._moment,
        }
        self._xml.characters("\n")
        self._xml.startElement("testsuite", AttributesImpl(attributes))
        for case in islice(cases, total):
            self._case(case)
        self._xml.characters("\n")
        self._xml.endElement("testsuite")

    def _case(self, case: Case) -> None:
        names = {"classname": _line(case.group), "name": _line(case.name), "time": "0"}
        self._xml.characters("\n")
        self._xml.startElement("testcase", AttributesImpl(names))
        if case.ending is Ending.SKIPPED:
            self._element("skipped", {}, case.notes)
        elif case.ending is not Ending.PASSED:
            message = _line(case.told[0] if case.told else case.kind)
            self._element(
                case.ending.value, {"message": message, "type": _line(case.kind)}, case.told
            )
        if case.notes and case.ending is not Ending.SKIPPED:
            self._element("system-out", {}, case.notes)
        self._xml.endElement("testcase")

    def _element(self, name: str, attributes: dict[str, str], lines: Iterable[str]) -> None:
        self._xml.startElement(name, AttributesImpl(attributes))
        self._xml.characters(
            shortened("\n".join(bounded(line, MAX_TEXT) for line in lines), MAX_TEXT)
        )
        self._xml.endElement(name)


def _line(text: str) -> str:
    return bounded(text, MAX_MESSAGE)
