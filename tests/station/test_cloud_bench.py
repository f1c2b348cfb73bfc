"""A bench whose certificates an account makes: CreateCertificateFromCsr on an emulator."""

import json

import pytest

from tests.cli.workshop import make_workshop
from tests.station.simulated import Console, Script, bay, csr_of, patient_device
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


def test_a_key_that_asks_again_without_its_serial_number_keeps_its_thing(aws_case, tmp_path):
    def script(console: Console) -> None:
        while not console.is_spoken_to(1.0):
            console.say("TNG-SERIAL: M5-00012\r\n" + csr_of("board", 1))
        console.certificate()
        console.say(csr_of("board", 1))
        console.confirm()

    workshop = make_workshop(tmp_path, aws_case)
    with bay(tmp_path) as dock:
        dock.plug_in(script)
        _, told, _ = served(workshop, dock, aws_case.first.name, 1)
    assert told["result"] == "pass", told["reason"]
    assert told["device_id"] == "M5-00012"
    assert list(aws_case.registered(aws_case.first)) == [told["certificate_id"]]


def test_a_key_keeps_its_name_in_a_later_session_and_a_person_is_told(aws_case, tmp_path):
    def asking(text: str) -> Script:
        def script(console: Console) -> None:
            while not console.is_spoken_to(1.0):
                console.say(text)
            console.confirm()

        return script

    workshop = make_workshop(tmp_path, aws_case)
    name = aws_case.first.name
    with bay(tmp_path) as dock:
        dock.plug_in(asking("TNG-SERIAL: S-5\r\n" + csr_of("y1", 1)))
        served(workshop, dock, name, 1)
    with bay(tmp_path / "again") as dock:
        dock.plug_in(asking(csr_of("y1", 1)))
        out, talk = workshop.tng(
            "station", "--port", dock.path, "--target", name, "--count", 1, "--format", "jsonl"
        )
    later = json.loads(out.splitlines()[1])
    assert (later["device_id"], later["thing_name"]) == ("S-5", "S-5")
    assert "y1 has the key that is known as S-5" in talk
    assert [file.name for file in (workshop.folder / "certificates").rglob("*.pem")] == ["S-5.pem"]
