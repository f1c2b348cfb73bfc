"""A bench whose certificates an account makes: CreateCertificateFromCsr on an emulator."""

import json

import pytest

from tests.cli.workshop import make_workshop
from tests.station.simulated import bay, patient_device
from tng.testing.requests import board_serial

pytestmark = pytest.mark.slow


def served(workshop, dock, target: str, count: int, expect: int = 0) -> list[dict]:
    out, _ = workshop.tng(
        "station", "--port", dock.path, "--target", target, "--count", count,
        "--format", "jsonl", expect=expect,
    )  # fmt: skip
    return [json.loads(line) for line in out.splitlines()]


def test_an_account_makes_the_certificates_and_the_same_key_gets_the_same_again(aws_case, tmp_path):
    workshop = make_workshop(tmp_path, aws_case)
    name = aws_case.first.name
    with bay(tmp_path) as dock:
        dock.plug_in(patient_device(1))
        _, first, summary = served(workshop, dock, name, 1)
    assert first["result"] == "pass", first["reason"]
    assert first["device_id"] == board_serial(1)
    assert summary["passed"] == 1
    assert list(aws_case.registered(aws_case.first)) == [first["certificate_id"]]
    with bay(tmp_path / "again") as dock:
        dock.plug_in(patient_device(1))
        _, second, _ = served(workshop, dock, name, 1)
    assert second["certificate_id"] == first["certificate_id"]
    assert second["already"]
    assert len(aws_case.registered(aws_case.first)) == 1
    files = list((workshop.folder / "certificates").rglob("*.pem"))
    assert [file.read_text() for file in files] == [first["certificate_pem"]]
