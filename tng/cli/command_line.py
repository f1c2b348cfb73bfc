"""The command as it was typed, for the ledger: what to run again, without secrets."""

import re
import shlex
from collections.abc import Sequence

from tng.errors import without_shared_keys

_USER_INFO = re.compile(r"//[^/@\s]*@")
_QUERY = re.compile(r"(//[^?\s]*)\?\S*")
MAX_COMMAND = 20_000
"""Characters kept: a shell may have expanded a glob to very many names."""


def typed_command(arguments: Sequence[str]) -> str:
    """``tng`` and its arguments, quoted for a shell.

    URLs lose credentials and queries, connection strings their keys.
    """
    words = (_QUERY.sub(r"\1", _USER_INFO.sub("//", word)) for word in arguments)
    command = shlex.join(["tng", *map(without_shared_keys, words)])
    return command if len(command) <= MAX_COMMAND else f"{command[:MAX_COMMAND]} …"
