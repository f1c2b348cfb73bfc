"""Where the inputs of a sealed report are looked for, and what becomes of each."""

import json
import os
from hashlib import sha256
from pathlib import Path

import pytest

from tests.commands import run_tng
from tests.judging import MANIFESTS, MICROCHIP_TRUST
from tests.seal.sealed import Sealed, private_key, private_pem, public_pem, seal
from tng.report.text import without_surrogates
from tng.seal.check import check_seal
from tng.seal.places import MAX_PATH_CHARACTERS, InputPlaces
from tng.seal.result import CheckedFile, FileState
from tng.seal.trusted import TrustedKey
from tng.sources.names import printable

CONTENT = b"what was sealed"


@pytest.fixture
def sealed(tmp_path: Path) -> Sealed:
    return seal(tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "inputs"
    made.mkdir()
    return made


def _trusted(sealed: Sealed) -> TrustedKey:
    return TrustedKey(sealed.key.public_key.fingerprint)


def _flip(path: Path, offset: int) -> None:
    octets = bytearray(path.read_bytes())
    octets[offset] ^= 1
    path.write_bytes(octets)


def _with_inputs(sealed: Sealed, *paths: str) -> None:
    """Seal anew, as if the report rested on `CONTENT` at these paths."""
    digest = sha256(CONTENT).hexdigest()
    rows = [{"role": "source", "path": path, "sha256": digest} for path in paths]
    sealed.sign_again(json.dumps(sealed.members | {"inputs": rows}).encode())


def _checked(sealed: Sealed, folder: Path | None, *paths: str) -> list[CheckedFile]:
    _with_inputs(sealed, *paths)
    return list(check_seal(sealed.report, _trusted(sealed), folder).files[2:])


def _states(sealed: Sealed, folder: Path | None, *paths: str) -> list[FileState]:
    return [item.state for item in _checked(sealed, folder, *paths)]


def test_a_seal_moves_with_its_files_and_inputs_are_found_in_the_folder_named(
    sealed: Sealed, tmp_path: Path
):
    away, kept = tmp_path / "away", tmp_path / "kept"
    away.mkdir()
    kept.mkdir()
    for path in (sealed.report, sealed.page, sealed.statement, sealed.signature):
        path.rename(away / path.name)
    for path in (sealed.source, sealed.order):
        path.rename(kept / path.name)
    gone = check_seal(away / "audit.json", _trusted(sealed))
    assert [item.state for item in gone.files].count(FileState.MISSING) == 2
    found = check_seal(away / "audit.json", _trusted(sealed), kept)
    assert [item.state for item in found.files].count(FileState.UNCHANGED) == 4
    _flip(kept / "reel.json", 5)
    assert not check_seal(away / "audit.json", _trusted(sealed), kept).holds


def test_inputs_never_lead_out_of_the_folder_named(sealed: Sealed, tmp_path: Path):
    folder = tmp_path / "inputs"
    (folder / "below").mkdir(parents=True)
    members = sealed.members
    members["inputs"] = [
        {"role": "source", "path": "../reel.json", "sha256": members["inputs"][0]["sha256"]},
        {"role": "order", "path": "below/o.csv", "sha256": members["inputs"][1]["sha256"]},
    ]
    (folder / "below" / "o.csv").write_bytes(sealed.order.read_bytes())
    sealed.sign_again(json.dumps(members).encode())
    result = check_seal(sealed.report, _trusted(sealed), folder)
    assert [item.state for item in result.files[2:]] == [FileState.MISSING, FileState.UNCHANGED]


def test_members_of_an_archive_are_vouched_for_by_the_archive(sealed: Sealed):
    members = sealed.members
    digest = members["inputs"][0]["sha256"]
    archive = str(sealed.source)
    members["inputs"] = [
        {"role": "source", "path": archive, "sha256": digest},
        {"role": "source", "path": f"{archive}!inner.json", "sha256": "b" * 64},
        {"role": "source", "path": f"{archive}!a.zip!b", "sha256": "b" * 64},
        {"role": "source", "path": f"{archive}-other!inner.json", "sha256": "b" * 64},
        {"role": "source", "path": "unreadable", "sha256": None},
    ]
    sealed.sign_again(json.dumps(members).encode())
    result = check_seal(sealed.report, _trusted(sealed))
    assert [item.state for item in result.files[2:]] == [
        FileState.UNCHANGED,
        FileState.NOT_CHECKED,
        FileState.NOT_CHECKED,
        FileState.MISSING,
        FileState.NOT_CHECKED,
    ]


def test_members_are_not_looked_for_by_their_plain_names(sealed: Sealed, folder: Path):
    (folder / "a.zip").write_bytes(CONTENT)
    (folder / "reel.json").write_bytes(b"of another delivery")
    found = _states(sealed, folder, "in/a.zip", "in/a.zip!in/reel.json")
    assert found == [FileState.UNCHANGED, FileState.NOT_CHECKED]


def test_inputs_that_are_missing_fail_the_check_only_where_they_were_said_to_be(
    sealed: Sealed, folder: Path
):
    _with_inputs(sealed, "none.json", "-")
    assert check_seal(sealed.report, _trusted(sealed)).holds
    result = check_seal(sealed.report, _trusted(sealed), folder)
    assert not result.holds
    assert [(item.path, item.state) for item in result.wrong] == [("none.json", FileState.MISSING)]
    (folder / "none.json").write_bytes(CONTENT)
    assert check_seal(sealed.report, _trusted(sealed), folder).holds


@pytest.mark.parametrize(
    ("recorded", "present", "state"),
    [
        ("a/b.json", ["a/b.json"], FileState.UNCHANGED),
        ("a/b.json", ["b.json"], FileState.UNCHANGED),
        ("/far/away/b.json", ["b.json"], FileState.UNCHANGED),
        ("../b.json", ["b.json"], FileState.UNCHANGED),
        ("a/b.json", ["c/b.json"], FileState.MISSING),
        ("a/b.json", ["B.json", "b.json.gz", "ab.json"], FileState.MISSING),
        ("a/..", [], FileState.MISSING),
        ("..", [], FileState.MISSING),
        ("a\0b", [], FileState.MISSING),
        ("\udc80", [], FileState.MISSING),
        ("x/" * MAX_PATH_CHARACTERS, [], FileState.MISSING),
    ],
)
def test_paths_below_the_folder_come_first_then_plain_names(
    sealed: Sealed, folder: Path, recorded, present, state
):
    for name in present:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(CONTENT)
    assert _states(sealed, folder, recorded) == [state]


def test_the_recorded_path_decides_before_the_plain_name(sealed: Sealed, folder: Path):
    (folder / "a").mkdir()
    (folder / "a" / "b.json").write_bytes(b"other")
    (folder / "b.json").write_bytes(CONTENT)
    assert _states(sealed, folder, "a/b.json") == [FileState.CHANGED]


def test_links_do_not_lead_out_of_the_folder(sealed: Sealed, folder: Path, tmp_path: Path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "b.json").write_bytes(CONTENT)
    (folder / "a").symlink_to(tmp_path / "outside")
    (folder / "b.json").symlink_to(tmp_path / "outside" / "b.json")
    (folder / "loop").symlink_to("loop")
    (folder / "kept").write_bytes(CONTENT)
    (folder / "link").symlink_to("kept")
    assert _states(sealed, folder, "a/b.json", "b.json", "link", "kept") == [
        FileState.MISSING,
        FileState.MISSING,
        FileState.UNCHANGED,
        FileState.UNCHANGED,
    ]
    assert _states(sealed, folder, "loop") == [FileState.CHANGED]


ODD_NAMES = [b"a\x1b[2J.json", b"\xff.json", b"a\nb", "\u202egnp".encode(), b"\x1b\xff\\x"]


@pytest.mark.parametrize("octets", ODD_NAMES, ids=repr)
@pytest.mark.parametrize("record", [printable, without_surrogates])
@pytest.mark.parametrize("below", [True, False])
def test_files_are_found_by_the_names_that_a_report_writes_for_them(
    sealed: Sealed, folder: Path, octets, record, below, monkeypatch
):
    name = os.fsdecode(octets)
    (folder / name).mkdir()
    (folder / name / name).write_bytes(CONTENT)
    recorded = f"{record(name)}/{record(name)}"
    monkeypatch.chdir(folder)
    assert _states(sealed, folder if below else None, recorded) == [FileState.UNCHANGED]
    (folder / name / name).write_bytes(b"other")
    assert _states(sealed, folder if below else None, recorded) == [FileState.CHANGED]


def test_one_of_several_files_that_are_written_alike_is_enough(sealed: Sealed, folder: Path):
    odd = "a\x1b"
    (folder / printable(odd)).write_bytes(b"other")
    assert _states(sealed, folder, printable(odd)) == [FileState.CHANGED]
    (folder / odd).write_bytes(CONTENT)
    assert _states(sealed, folder, printable(odd)) == [FileState.UNCHANGED]


def test_an_escaped_name_that_is_not_found_says_so(sealed: Sealed, folder: Path):
    odd, plain = _checked(sealed, folder, "a\\x1b", "plain")
    assert (odd.state, plain.state) == (FileState.MISSING, FileState.MISSING)
    assert "escaped" in odd.detail
    assert plain.detail == ""


def test_looking_for_escaped_names_ends(folder: Path):
    for number in range(20):
        (folder / f"{number}").write_bytes(CONTENT)
    (folder / "\x1b").write_bytes(CONTENT)
    escaped = "\\x1b"
    (some,) = InputPlaces(folder, 10).groups(escaped, member=True)
    (every,) = InputPlaces(folder).groups(escaped, member=True)
    assert len(some) <= len(every) == 2
    places = InputPlaces(folder, 2)
    assert list(places.groups("a/\\", member=True)) == [()]
    assert list(places.groups(escaped, member=True)) == [(folder / escaped,)]


def test_a_source_with_an_odd_name_is_audited_sealed_and_found_again(tmp_path: Path):
    key, public = tmp_path / "key.pem", tmp_path / "public.pem"
    key.write_bytes(private_pem(private_key("P-256")))
    public.write_bytes(public_pem(private_key("P-256")))
    folder = tmp_path / os.fsdecode(b"in\xff")
    folder.mkdir()
    source = folder / "\x1b[2J.json"
    source.write_bytes((MANIFESTS / "tngtls-10.json").read_bytes())
    report = str(tmp_path / "audit.json")
    run_tng("audit", str(folder), *MICROCHIP_TRUST, "--no-remember", "--output", report,
            "--sign", str(key), expect=0)  # fmt: skip
    check = ("audit", "--check", report, "--key", str(public))
    assert "could not" not in run_tng(*check, expect=0).stderr
    # The folder named has the source, and not what was trusted.
    result = run_tng(*check, "--inputs", str(folder), expect=1)
    assert [line.split()[0] for line in result.stdout.splitlines()[1:]] == [
        "unchanged", "missing", "missing"
    ]  # fmt: skip
    assert result.stderr.count("FAILED") == 2
    source.write_bytes(b"{}")
    assert "changed" in run_tng(*check, expect=1).stdout
    source.unlink()
    assert "escaped name" in run_tng(*check, expect=0).stdout
