"""The command line: parse, call one library function, print."""

from tng.cli.app import main

__all__ = ["main"]
