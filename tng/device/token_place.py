"""Where a key lies in a token, in the words that a TLS library finds it by: slot and label."""

from dataclasses import dataclass

from tng.device.link import TokenCredentials
from tng.pkcs11.errors import TokenError
from tng.pkcs11.module import module_file
from tng.pkcs11.session import attribute, find_private_key, find_token, open_session


@dataclass(frozen=True, slots=True)
class TokenPlace:
    """``module`` is a file, ``slot`` a number of its, ``label`` that of the private key."""

    module: str
    slot: int
    label: str


def find_place(credentials: TokenCredentials) -> TokenPlace:
    """The place of the key; `TokenError` where the key has no label to find it by."""
    from pkcs11 import Attribute

    uri = credentials.uri
    slot = find_token(uri).slot.slot_id
    with open_session(uri, credentials.pin) as session:
        label = attribute(find_private_key(session, uri), Attribute.LABEL)
    if not isinstance(label, str) or not label:
        raise TokenError(
            "the key has no label, by which alone TLS finds a key in a token",
            "Set its CKA_LABEL, for example with pkcs11-tool.",
        )
    return TokenPlace(str(module_file(uri)), slot, label)
