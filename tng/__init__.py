"""tng: decode, verify and register secure elements that ship with certificates.

The package is a library with a command line on top. The rooms and the rule of
each one are described in ``docs/architecture.md``.
"""

__version__ = "0.1.0"
