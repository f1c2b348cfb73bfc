"""The accounts of a sandbox, and which of them an access key belongs to.

In the sandbox an access key *is* the account's twelve digits; temporary keys are learned
from the answers to AssumeRole. No secret is looked at or kept.
"""

import re
import threading
from dataclasses import dataclass
from urllib.parse import parse_qs

from tng.sandbox.operations import UNKNOWN, Operation

_ACCOUNT = re.compile(r"\d{12}")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):role/")
_ACCESS_KEY = re.compile(rb"<AccessKeyId>\s*(\w{4,128})\s*</AccessKeyId>")


@dataclass(frozen=True, slots=True)
class SandboxAccount:
    """An account in a region, and what it is called in ``tng.toml`` and by AWS profiles.

    ``account`` is twelve digits and, in the sandbox, also the access key id.
    """

    account: str
    region: str
    target: str

    @property
    def profile(self) -> str:
        """The AWS profile with its credentials."""
        return f"tng-{self.target}"


DEFAULT_ACCOUNTS = (
    SandboxAccount("111111111111", "eu-central-1", "sandbox-eu"),
    SandboxAccount("222222222222", "us-east-1", "sandbox-us"),
)


class AccountBook:
    """Access keys and their accounts; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accounts: dict[str, str] = {}

    def account_of(self, access_key: str) -> str:
        """The twelve digits, or `UNKNOWN`."""
        if _ACCOUNT.fullmatch(access_key):
            return access_key
        with self._lock:
            return self._accounts.get(access_key, UNKNOWN)

    def learn(self, operation: Operation, request_body: bytes, answer_body: bytes) -> None:
        """Take the temporary key out of an AssumeRole exchange; others are ignored."""
        if operation.service != "sts" or not operation.name.startswith("AssumeRole"):
            return
        asked = parse_qs(request_body.decode("utf-8", "replace")).get("RoleArn", [""])[0]
        role, key = _ROLE.match(asked), _ACCESS_KEY.search(answer_body)
        if role and key:
            with self._lock:
                self._accounts[key[1].decode()] = role[1]
