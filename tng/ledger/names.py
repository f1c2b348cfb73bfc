"""Who has which name on a target: what keeps two keys from becoming one device.

Written down where a certificate is asked for under a name that nobody looks up in the cloud, as
fleet provisioning does. The table is one of its own, so that whoever registers a million devices
does not pay for an index of names.
"""

from enum import StrEnum
from hashlib import sha256

MOST_HOLDERS = 20
"""Of one name that are told: to know that there are others, one is enough."""

_LONGEST = 256
"""An index of PostgreSQL takes 2.7 kB; no name of a thing has more than 128 characters."""

ADD = """
    INSERT INTO known_names (target, kind, name, key) VALUES (?, ?, ?, ?)
    ON CONFLICT (target, kind, name, key) DO NOTHING
"""
HOLDERS = """
    SELECT devices.key, devices.device_id, devices.name, devices.state, devices.reason,
           devices.code, devices.updated_at
    FROM known_names JOIN devices
        ON devices.target = known_names.target AND devices.key = known_names.key
    WHERE known_names.target = ? AND known_names.kind = ? AND known_names.name = ?
      AND known_names.key <> ? AND (
        devices.state IN ('done', 'pending', 'attention')
        OR EXISTS (
            SELECT 1 FROM steps
            WHERE steps.target = devices.target AND steps.key = devices.key
              AND steps.direction = 'register' AND steps.operation = 'RegisterThing'
              AND steps.state = 'intent'))
    ORDER BY known_names.key LIMIT ?
"""
"""Those of which something is there, or may be: of a failed one nothing is, unless the end of its
RegisterThing is not known."""

FILL = """
    INSERT INTO known_names (target, kind, name, key)
        SELECT devices.target, 'device', devices.device_id, devices.key
        FROM devices JOIN targets ON targets.id = devices.target
        WHERE targets.cloud = 'aws-fleet' AND length(devices.device_id) <= 256;
    INSERT INTO known_names (target, kind, name, key)
        SELECT devices.target, 'thing', devices.name, devices.key
        FROM devices JOIN targets ON targets.id = devices.target
        WHERE targets.cloud = 'aws-fleet' AND devices.name <> '';
"""
"""From what ledgers of older versions know of devices that were provisioned by a claim."""

RESPELL = """
    UPDATE targets SET
        account = lower(rtrim(account, '.')),
        key = 'aws-fleet:' || lower(rtrim(account, '.')) || ':' || region
    WHERE cloud = 'aws-fleet' AND account <> lower(rtrim(account, '.'))
      AND id = (
        SELECT min(same.id) FROM targets AS same
        WHERE same.cloud = 'aws-fleet' AND same.region = targets.region
          AND lower(rtrim(same.account, '.')) = lower(rtrim(targets.account, '.')))
      AND NOT EXISTS (
        SELECT 1 FROM targets AS other
        WHERE other.key = 'aws-fleet:' || lower(rtrim(targets.account, '.')) || ':'
                          || targets.region);
"""
"""Endpoints as they were typed get the one spelling that they have now. Where a ledger has several
of one, the others stay what they are: their devices were provisioned there, too."""


class NameKind(StrEnum):
    """Whose name it is."""

    DEVICE = "device"
    """What the device calls itself: the serial number in its request."""
    THING = "thing"
    """What a template of the cloud called it."""


def stored(name: str) -> str:
    """The name as it is kept: itself, or the digest of one that is too long for an index."""
    if len(name) <= _LONGEST:
        return name
    return f"sha256:{sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()}"
