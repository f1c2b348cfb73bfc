"""``python -m tng``."""

from tng.cli import main

main()
