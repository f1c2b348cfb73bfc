"""``python -m tng``."""

from tng.cli import main

# Guarded: worker processes import this module again.
if __name__ == "__main__":
    main()
