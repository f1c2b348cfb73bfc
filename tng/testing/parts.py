"""The kinds of Microchip chips that the test vendor makes: names, slots, dates.

Source: subject, SAN and validity of genuine certificates of each part number.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

_IN_2019 = datetime(2019, 2, 14, 18, 0, 0, tzinfo=UTC)
_IN_2021 = datetime(2021, 9, 1, 9, 0, 0, tzinfo=UTC)
_IN_2025 = datetime(2025, 6, 1, 20, 0, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of chip.

    ``common_name`` and ``alternative_name`` are templates of ``{serial}`` (18 upper-case
    hex digits), ``{deveui}`` (16) and ``{mac}`` (12); there is no SAN where the second is
    ``None``. ``slot`` is the one whose certificate is in the manifest; ``tail`` the last
    octet of the serial number in hex. ``issued`` is the beginning of its validity (to the
    hour); certificates last 28 years.
    """

    part_number: str
    model: str
    common_name: str
    alternative_name: str | None = None
    slot: str = "0"
    tail: str = "01"
    issued: datetime = _IN_2021


MAH22 = Part("ATECC608A-MAH22", "ATECC608A", "{serial} ATECC", issued=_IN_2019)
MAHTN = Part("ATECC608A-MAHT2", "ATECC608A", "{serial} ATECC", None, "1", "27", _IN_2019)
TNGLORA_B = Part("ATECC608B-TNGLORA-B", "ATECC608B", "{serial} {deveui} ATECC", slot="1", tail="27")
MAH4I = Part("ATECC608A-MAH4I", "ATECC608A", "sn{serial}")
TFLXTLS = Part("ATECC608B-TFLXTLS", "ATECC608B", "sn{serial}")
TFLXWPC = Part("ATECC608A-TFLXWPC", "ATECC608A", "sn{serial}", slot="3")
TNGTLS = Part("ATECC608B-TNGTLSU-B", "ATECC608B", "sn{serial}", "eui48_{mac}")
TNGTLSU_608C = Part(
    "ATECC608C-TNGTLSU-B", "ATECC608C", "sn{serial}", "eui48_000000000000", issued=_IN_2025
)
"""The current Trust&GO TLS part: its certificates end in 2053, after their issuer."""
TNGLORA_C = Part(
    "ATECC608C-TNGLORA-C", "ATECC608C", "sn{serial}", "eui64_{deveui}", "1", "27", _IN_2025
)

PARTS = (MAH22, MAHTN, TNGLORA_B, MAH4I, TFLXTLS, TFLXWPC, TNGTLS, TNGTLSU_608C, TNGLORA_C)
"""All of them, oldest naming first."""
