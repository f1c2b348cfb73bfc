"""The command line: parse, call one library function, print.

`main` is the entry point of the console script ``tng``.
"""

import sys

from tng.exit_codes import ExitCode


def main() -> None:
    """Run the command that was typed; Ctrl-C is no traceback even while the program loads."""
    try:
        from tng.cli.app import main as run

        run()
    except KeyboardInterrupt:
        sys.stderr.write("error: interrupted\nhint: run the same command again\n")
        sys.exit(ExitCode.INTERRUPTED)
