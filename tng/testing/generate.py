"""Makes the example files in ``manifests/``: ``python -m tng.testing.generate manifests``.

The files follow from the default seed alone, so that a test can prove that they are
what this module makes. What each one shows is in `tng.testing.examples`.
"""

import argparse
import sys
from pathlib import Path

from tng.testing.example import Example
from tng.testing.examples import make_examples
from tng.testing.trust_files import write_files

_README_HEAD = """# Example files

Made by `python -m tng.testing.generate manifests`; do not edit them by hand. The vendors in
them are invented: nothing here came from a chip, and every private key is public.

Try them:

    tng verify manifests/tngtls-10.json \\
        --trust-anchor manifests/trust/root.pem \\
        --manifest-signer manifests/trust/manifest-signer.pem

    tng verify manifests/se05x-serial.log \\
        --trust-anchor manifests/trust/nxp-roots.pem \\
        --intermediate manifests/trust/nxp-intermediates.pem

| file | what it shows |
|---|---|
"""


_KEEP_LINE_ENDS = b"* -text\n"
"""The logs have line ends of consoles, which git must not put right."""


def readme(examples: tuple[Example, ...]) -> str:
    """The README beside the files, Markdown."""
    return _README_HEAD + "".join(f"| `{e.name}` | {e.description} |\n" for e in examples)


def example_files() -> dict[str, bytes]:
    """Every file by its relative name, the README among them."""
    examples = make_examples()
    files = {example.name: example.content for example in examples}
    return {".gitattributes": _KEEP_LINE_ENDS, "README.md": readme(examples).encode(), **files}


def main(arguments: list[str] | None = None) -> None:
    """Write the files into the directory named on the command line and list them on stdout."""
    parser = argparse.ArgumentParser(prog="python -m tng.testing.generate", description=__doc__)
    parser.add_argument("directory", type=Path, help="where to write; made where missing")
    directory: Path = parser.parse_args(arguments).directory
    for path in write_files(directory, example_files()):
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
