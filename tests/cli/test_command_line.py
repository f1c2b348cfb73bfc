"""The command that the ledger keeps: repeatable in a shell, without secrets."""

import shlex

from tng.cli.command_line import MAX_COMMAND, typed_command


def test_a_command_can_be_typed_again():
    words = ["register", "my manifest.json", "--thing-name", "{device_id}$HOME", "--yes"]
    assert shlex.split(typed_command(words)) == ["tng", *words]


def test_urls_lose_credentials_and_queries():
    kept = typed_command(["--endpoint-url", "https://user:secret@host:8/path?token=secret"])
    assert kept == "tng --endpoint-url https://host:8/path"
    assert typed_command(["--endpoint-url=http://u:secret@host"]).endswith("=http://host")


def test_connection_strings_lose_their_keys():
    text = "HostName=h;SharedAccessKeyName=n;SharedAccessKey=k1/="
    kept = typed_command(["plan", "--tags", text])
    assert kept == "tng plan --tags 'HostName=h;SharedAccessKeyName=n;SharedAccessKey=…'"


def test_a_glob_of_very_many_files_is_cut():
    assert len(typed_command([f"{n}.pem" for n in range(100_000)])) < MAX_COMMAND + 10
