"""What holds for every form: the same bytes again, any stream, and no memory for devices."""

import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from tests.audit.sample import SampleShelf, sample_audit
from tests.judging import ROOT
from tests.report.audit.forms import FORMS, written
from tng.report.audit.html import write_html

_LEEWAY_KIB = 16 * 1024
_MEASURE = """
import resource, sys
from dataclasses import replace
from tests.audit.sample import SampleShelf, sample_audit
from tests.report.audit.forms import FORMS

write = FORMS[sys.argv[1]]
peaks = []
for count in (2_000, 40_000):
    with open(sys.argv[2], "wb") as stream:
        write(replace(sample_audit(), devices=SampleShelf(count)), stream)
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
print(*peaks)
"""


class _Pipe(io.RawIOBase):
    """A stream that cannot be seeked, as stdout in a pipeline."""

    def __init__(self) -> None:
        super().__init__()
        self.chunks: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.chunks.append(bytes(data))
        return len(data)


@pytest.mark.parametrize("form", FORMS)
def test_the_same_audit_gives_the_same_bytes(form: str, monkeypatch: pytest.MonkeyPatch):
    first = written(form, sample_audit(300))
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    assert written(form, sample_audit(300)) == first


@pytest.mark.parametrize("form", FORMS)
def test_another_device_gives_other_bytes(form: str):
    audit = sample_audit(10)
    more = replace(audit, devices=SampleShelf(11))
    assert written(form, audit) != written(form, more)


@pytest.mark.parametrize("form", FORMS)
def test_a_pipe_gets_the_same_bytes_as_a_file(form: str):
    pipe = _Pipe()
    FORMS[form](sample_audit(20), pipe)
    assert b"".join(pipe.chunks) == written(form, sample_audit(20))


@pytest.mark.parametrize("form", FORMS)
def test_an_audit_of_nothing_can_be_written(form: str):
    empty = replace(
        sample_audit(0), general=(), troubles=(), reconciliation=None, overlaps=(), seen_before=(),
        targets=(), elsewhere=(), inputs=(), anchors=(),
    )  # fmt: skip
    assert written(form, empty)


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("form", FORMS)
def test_memory_does_not_grow_with_the_devices(form: str, tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, form, str(tmp_path / "report")],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    few, many = map(int, done.stdout.split())
    assert many - few < _LEEWAY_KIB, f"{few} KiB for 2,000 devices, {many} KiB for 40,000"


def test_what_was_not_looked_for_is_not_said_to_be_absent():
    audit = sample_audit()
    unseen = replace(audit.targets[0], unknown=(), unknown_count=0, listed=False)
    audit = replace(audit, targets=(unseen,))
    stream = io.BytesIO()
    write_html(audit, stream)
    page = stream.getvalue().decode()
    assert "What else is registered there was not asked for" in page
    assert "Nothing else is registered there" not in page
    assert "what else it holds was not asked for" in written("markdown", audit).decode()
    assert json.loads(written("json", audit))["targets"][0]["listed"] is False
    book = openpyxl.load_workbook(io.BytesIO(written("xlsx", audit)))
    heading, row = list(book["Targets"].iter_rows(values_only=True))[:2]
    assert dict(zip(heading, row, strict=True))["In no source"] == "not asked for"
