"""By which names devices find the accounts of a sandbox.

AWS gives every account an endpoint of its own in every region, and devices say it as SNI: it
is what tells the accounts apart where one certificate is registered in several of them. The
names here are made up in AWS's form and resolve nowhere; nothing is looked up.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from tng.sandbox.accounts import SandboxAccount

LOCAL_NAME = "localhost"
"""Means the first account, for clients that can only connect to a name that resolves."""

_PREFIX_DIGITS = 12


def endpoint_name(account: str, region: str) -> str:
    """The ``iot:Data-ATS`` endpoint of an account (twelve digits) in a region; always the same."""
    prefix = sha256(f"{account}/{region}".encode()).hexdigest()[:_PREFIX_DIGITS]
    return f"{prefix}-ats.iot.{region}.amazonaws.com"


def local_name(account: SandboxAccount) -> str:
    """The account's name below ``localhost``."""
    return f"{account.target}.{LOCAL_NAME}"


def accounts_by_name(accounts: Sequence[SandboxAccount]) -> Mapping[str, SandboxAccount]:
    """Every name that a device may say, in lower case, and the account that it means.

    There is at least one account.
    """
    names = dict.fromkeys((LOCAL_NAME,), accounts[0])
    for account in accounts:
        names[endpoint_name(account.account, account.region)] = account
        names[local_name(account).lower()] = account
    return names
