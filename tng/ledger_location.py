"""Where a ledger lies: a file, or a PostgreSQL database named by its URL.

Reads the URL only as far as is needed to keep passwords out of command lines and files and
to name the database in messages; libpq reads the rest. Opens nothing.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote

from tng.errors import ConfigurationError

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_SLIPPED = re.compile(r"postgres(?:ql)?:(?!//).*", re.DOTALL)
"""A URL with a slash too few; no file is called so."""
_SCHEMES = ("postgresql", "postgres")
"""libpq's own (PostgreSQL documentation, 34.1.1.2 Connection URIs)."""
_SECRETS = frozenset(
    {"password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key"}
)
"""The options that libpq itself hides (34.1.2 Parameter Key Words)."""
_FORM = "A ledger in PostgreSQL is named postgresql://[USER@]HOST[:PORT]/DATABASE[?OPTION=VALUE]."
_HINT = "Give the password in PGPASSWORD, in ~/.pgpass (PGPASSFILE) or by a service (PGSERVICE)."


@dataclass(frozen=True, slots=True)
class PostgresLocation:
    """A PostgreSQL database. ``url`` may hold a password: only libpq is to see it.

    ``str`` of it is for messages: hosts and database, or the service that names them.
    """

    url: str = field(repr=False)
    shown: str

    def __str__(self) -> str:
        return self.shown


LedgerLocation = Path | PostgresLocation


def ledger_location(
    text: str, origin: str, folder: Path = Path(), *, may_hold_secret: bool = False
) -> LedgerLocation:
    """The file or database that ``text`` names; relative paths are relative to ``folder``.

    ``origin`` says in messages where the text stands (``--ledger``). Raises
    `ConfigurationError` for a URL that is not PostgreSQL's and, unless it ``may_hold_secret``,
    for one with a password. No message repeats a URL, for it may hold one that was mistyped.
    """
    match = _URL.fullmatch(text)
    if match is None:
        if _SLIPPED.fullmatch(text):
            raise ConfigurationError(f"{origin}: the ledger's URL lacks a slash", _FORM)
        return folder / Path(text).expanduser()
    scheme, rest = match[1], match[2]
    if scheme not in _SCHEMES:
        raise ConfigurationError(
            f"{origin}: a ledger is a file or in PostgreSQL, not at {scheme}://", _FORM
        )
    place, _, query = rest.partition("?")
    authority, _, database = place.partition("/")
    user, _, hosts = authority.rpartition("@")
    options = parse_qsl(query)
    shown = _shown(hosts, database, dict(options))
    if not (_is_clear(text, database, hosts) and shown.isprintable()):
        raise ConfigurationError(
            f"{origin}: the ledger's URL cannot be read",
            f"{_FORM} Special characters in it are percent-encoded.",
        )
    if not may_hold_secret and (":" in user or any(name in _SECRETS for name, _ in options)):
        raise ConfigurationError(f"{origin}: the ledger's URL has a password", _HINT)
    return PostgresLocation(text, shown)


def has_no_password(url: str) -> bool:
    """Whether ``url`` is a ledger's that may be repeated as it stands."""
    try:
        return isinstance(ledger_location(url, ""), PostgresLocation)
    except ConfigurationError:
        return False


def _is_clear(text: str, database: str, hosts: str) -> bool:
    """Whether the parts are where they seem: ``@``, ``/``, ``?`` and ``#`` of a password are not.

    They would make a part of it look like a host or a database.
    """
    return (
        text.isprintable()
        and not any(character in text for character in "# ")
        # libpq looks for an @ up to the first slash, whatever question marks come before.
        and not re.match(r"[^/]*\?[^/]*@", text.partition("://")[2])
        and "@" not in database
        and all(re.fullmatch(r"(\[[^\]]*\]|[^:\[\]]*)(:\d*)?", host) for host in hosts.split(","))
    )


def _shown(hosts: str, database: str, options: dict[str, str]) -> str:
    if not hosts and not database and "service" in options:
        return f"postgresql service {options['service']}"
    hosts = unquote(hosts) or options.get("host") or options.get("hostaddr") or ""
    return f"postgresql://{hosts}/{unquote(database) or options.get('dbname', '')}"
