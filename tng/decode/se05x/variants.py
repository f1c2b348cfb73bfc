"""Which SE05x a certificate is of, from the name of the authority that issued it.

NXP has one pair of cloud intermediates (ECC and RSA) for each product variant and puts the first
four octets of the variant's configuration id into their names. What issues attestation and
connectivity certificates serves all variants and tells none; the UID is not known to tell one.

An issuer's name is a claim until the chain was verified, as everything that is decoded.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

PARTS_BY_CONFIGURATION: Mapping[str, str] = MappingProxyType(
    {
        "0001A200": "SE050C1",
        "0001A201": "SE050C2",
        "0001A921": "SE050E2",
        "0001A92A": "SE050F2",
    }
)
"""First four octets of the configuration id → part number (NXP AN12436 rev 2.4).

``0004A1F4`` is missing with intent: it is the variant of a development kit, not of a part that is
ordered by its number.
"""

_CLOUD_ISSUER = re.compile(r"CloudConn-Intermediate-04005001([0-9A-F]{8})-(?:ECC|RSA)")


def part_of_issuer(common_name: str | None) -> str | None:
    """The part number, ``"SE050C1"``, that an issuer of this name stands for.

    ``None`` where the name tells no variant, or one whose part is not known.
    """
    found = _CLOUD_ISSUER.fullmatch(common_name or "")
    return PARTS_BY_CONFIGURATION.get(found[1]) if found else None


def agrees(stated: str, part: str) -> bool:
    """Whether what a table states may be said of ``part``.

    It may be shorter (``"SE050"``, ``"C1"``) or longer (``"SE050C1HQ1/Z01SDZ"``, with package and
    packing). Letter case does not matter.
    """
    stated, part = stated.casefold(), part.casefold()
    return stated in part or stated.startswith(part)
