"""Options read alike in every command that has them: short form, word for the value, kind."""

from collections import defaultdict
from collections.abc import Iterator

import typer

from tng.cli.app import app

PER_COMMAND = {
    "--cloud": "where only some can be named, one of these",
    "--key": "a file, a label in a token or, of a seal, a public key",
    "--output": "of examples, a folder",
    "--registration-id": "a template for many devices, or one device's id",
}
"""Options whose value is of another kind from command to command, and what it is."""


def options() -> Iterator[tuple[str, object]]:
    """The name of every command, and each of its options."""
    waiting = [("tng", typer.main.get_command(app))]
    while waiting:
        name, command = waiting.pop()
        waiting += [
            (f"{name} {word}", made) for word, made in getattr(command, "commands", {}).items()
        ]
        yield from ((name, item) for item in command.params if item.param_type_name == "option")


def long_name(option) -> str:
    return next(word for word in option.opts if word.startswith("--"))


def test_an_option_has_the_same_short_form_everywhere():
    forms: dict[str, dict[tuple[str, ...], list[str]]] = defaultdict(lambda: defaultdict(list))
    for command, option in options():
        if command in {"tng plan", "tng decode"} and long_name(option) == "--output":
            # There -o is the plan, or the folder for certificates.
            continue
        short = tuple(word for word in option.opts if not word.startswith("--"))
        forms[long_name(option)][short].append(command)
    assert {name: dict(found) for name, found in forms.items() if len(found) > 1} == {}


def test_every_command_that_writes_a_file_takes_it_as_o():
    shorts: dict[str, set[str]] = defaultdict(set)
    for command, option in options():
        shorts[command].update(option.opts)
    assert {
        command for command, words in shorts.items() if "--output" in words and "-o" not in words
    } == set()


def test_an_option_has_the_same_word_for_its_value_everywhere():
    words: dict[str, dict[str | None, list[str]]] = defaultdict(lambda: defaultdict(list))
    for command, option in options():
        if long_name(option) not in PER_COMMAND:
            words[long_name(option)][option.metavar].append(command)
    assert {name: dict(found) for name, found in words.items() if len(found) > 1} == {}


def test_every_option_says_what_it_takes_and_what_it_does():
    silent = [
        f"{command} {option.opts[0]}"
        for command, option in options()
        if not (option.help or "").endswith(".")
    ]
    wordless = [
        f"{command} {option.opts[0]}"
        for command, option in options()
        if not (option.metavar or option.is_flag or option.count or option.type.name == "choice")
    ]
    assert (silent, wordless) == ([], [])


def test_no_option_takes_a_url_for_a_path():
    """It would become a folder called ``s3:``."""
    assert [
        f"{command} {option.opts[0]}"
        for command, option in options()
        if option.type.name in {"path", "directory", "file"}
    ] == []
