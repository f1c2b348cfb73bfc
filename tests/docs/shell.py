"""What stands in the blocks of the pages: commands, and the words of each."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = tuple(
    str(path.relative_to(ROOT))
    for pattern in ("*.md", "docs/*.md", "examples/**/*.md", "manifests/*.md")
    for path in sorted(ROOT.glob(pattern))
)
SHELL = frozenset({"sh", "bash", "shell", "console"})

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?<=\n\n)(?:    .*\n)+")
_ASSIGNMENT = re.compile(r'^(?:export )?(\w+)="([^"]*)"$')
_BOUNDARIES = frozenset({"|", "||", "&&", ";", "&", "(", ")"})
_REDIRECTIONS = frozenset({"<", ">", ">>", "<<<"})


@dataclass(frozen=True)
class Block:
    """A block and its kind: the word after the fence, or ``indented``."""

    kind: str
    text: str


def page(name: str) -> str:
    """The text of a page."""
    return (ROOT / name).read_text("utf-8")


def blocks(text: str) -> list[Block]:
    """All blocks of a page."""
    fenced = [Block(*found) for found in _FENCED.findall(text)]
    indented = _INDENTED.findall(_FENCED.sub("", text))
    return fenced + [Block("indented", re.sub("^    ", "", b, flags=re.M)) for b in indented]


def shell_lines(text: str, *kinds: str) -> list[str]:
    """The commands in the blocks of these kinds (default: ``sh``), a line each.

    Lines that a backslash breaks are one, comments are left out.
    """
    lines = []
    for block in blocks(text):
        if block.kind in (kinds or ("sh",)):
            lines += [_without_comment(line) for line in _joined(block.text)]
    return [line for line in lines if line]


def calls_of_tng(text: str) -> Iterator[tuple[str, ...]]:
    """The arguments of every ``tng`` that a page shows, wherever it stands in a line."""
    variables: dict[str, str] = {}
    for block in blocks(text):
        lines = _paragraphs(block.text) if block.kind == "text" else _joined(block.text)
        for line in lines:
            shown = line.removeprefix("$ ")
            if assigned := _ASSIGNMENT.match(shown):
                variables[assigned[1]] = assigned[2]
            elif re.search(r"(^|[|;&(] *)(\S*/)?tng ", shown):
                for name, value in variables.items():
                    shown = re.sub(rf"\${name}\b", value, shown)
                yield from _calls(shown)


def _joined(text: str) -> list[str]:
    return re.sub(r"\\\n\s*", "", text).splitlines()


def _without_comment(line: str) -> str:
    return re.sub(r"(^|\s+)#.*$", "", line.removeprefix("$ ")).strip()


def _paragraphs(text: str) -> list[str]:
    """Examples in a help text: broken anywhere, and explained after some spaces."""
    paragraphs = [re.sub(r"\s*\\?\n\s*", " ", part.strip()) for part in text.split("\n\n")]
    return [re.sub(r" {3,}.*", "", part) for part in paragraphs if part.startswith("tng ")]


def _calls(line: str) -> Iterator[tuple[str, ...]]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    call: list[str] = []
    words = iter([*lexer, ";"])
    for word in words:
        if word in _REDIRECTIONS:
            next(words)
        elif word in _BOUNDARIES:
            if call and call[0].rpartition("/")[2] == "tng":
                yield tuple(call[1:])
            call = []
        elif call or not re.match(r"^\w+=", word):
            call.append(word)
