"""Which account an access key belongs to, as the front learns it.

In the sandbox an access key *is* the account's twelve digits; temporary keys are learned
from the answers to AssumeRole. No secret is looked at or kept.
"""

import re
import threading
from urllib.parse import parse_qs

from tng.sandbox.operations import UNKNOWN, Operation

_ACCOUNT = re.compile(r"\d{12}")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::(\d{12}):role/")
_ACCESS_KEY = re.compile(rb"<AccessKeyId>\s*(\w{4,128})\s*</AccessKeyId>")


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
