"""The command that the ledger keeps: repeatable in a shell, without secrets."""

import shlex
from datetime import UTC, datetime

import pytest

from tng.cli.command_line import MAX_COMMAND, repeatable_command, typed_command

AT = datetime(2026, 11, 21, 12, 30, 1, 5, tzinfo=UTC)


def test_a_command_can_be_typed_again():
    words = ["register", "my manifest.json", "--thing-name", "{device_id}$HOME", "--yes"]
    assert shlex.split(typed_command(words)) == ["tng", *words]


def test_urls_lose_credentials_and_queries():
    kept = typed_command(["--endpoint-url", "https://user:secret@host:8/path?token=secret"])
    assert kept == "tng --endpoint-url https://host:8/path"
    assert typed_command(["--endpoint-url=http://u:secret@host"]).endswith("=http://host")
    # What parts a URL uses the last @ (urllib, requests), so that a password may hold one.
    assert typed_command(["https://user:sec@ret@host/path"]) == "tng https://host/path"
    assert typed_command(["https://user:sec?ret@host/path"]) == "tng https://host/path"


def test_connection_strings_lose_their_keys():
    text = "HostName=h;SharedAccessKeyName=n;SharedAccessKey=k1/="
    kept = typed_command(["plan", "--tags", text])
    assert kept == "tng plan --tags 'HostName=h;SharedAccessKeyName=n;SharedAccessKey=…'"


def test_a_ledger_s_url_stays_whole_unless_it_has_a_password():
    url = "postgresql://tng@h/db?sslmode=verify-full"
    assert typed_command(["status", "--ledger", url]) == f"tng status --ledger '{url}'"
    assert typed_command(["status", f"--ledger={url}"]) == f"tng status '--ledger={url}'"
    kept = typed_command(["status", "--ledger", "postgresql://tng:hidden@h/db?password=hidden"])
    assert kept == "tng status --ledger postgresql://h/db"


def test_a_glob_of_very_many_files_is_cut():
    assert len(typed_command([f"{n}.pem" for n in range(100_000)])) < MAX_COMMAND + 10


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (["audit", "a.json"], "audit a.json --at 2026-11-21T12:30:01Z"),
        (["audit", "a.json", "--at", "2026-01-01"], "audit a.json --at 2026-01-01"),
        (["audit", "--at=2026-01-01", "a"], "audit --at=2026-01-01 a"),
        (["-q", "audit", "a", "--at=1", "-vv", "--jobs", "7", "-j2"], "audit a --at=1"),
        (["audit", "a", "--at=1", "--dask", "tcp://s:8786", "--dask=local"], "audit a --at=1"),
        (["audit", "a", "--at=1", "--output", "x", "--output=y", "--sign", "k"], "audit a --at=1"),
        (["audit", "a", "--at=1", "-o", "x.html", "-oy.csv"], "audit a --at=1"),
        (["audit", "--no-remember", "--fail-on=never", "a", "--at=1"], "audit a --at=1"),
        (["audit", "--at=1", "--", "--output", "-q"], "audit --at=1 -- --output -q"),
        (["audit", "--", "-j2"], "audit --at 2026-11-21T12:30:01Z -- -j2"),
        (["audit", "a", "--at=1", "--format"], "audit a --at=1"),
    ],
)
def test_only_words_that_decide_the_report_are_kept(words, kept):
    assert repeatable_command(words, AT) == f"tng {kept}"
