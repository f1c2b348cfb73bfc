"""The ledger: what this tool did where, written down before and after every call.

It knows nothing of clouds, plans or rates. `interface` has the types and the
Protocol, `sqlite` the file in the working directory.
"""

from tng.ledger.interface import (
    DeviceMark,
    DeviceRow,
    DeviceState,
    Direction,
    EnrolledDevice,
    Intent,
    LastRun,
    Ledger,
    OpenWork,
    Retraction,
    StepMark,
    StepMemory,
    StepState,
)
from tng.ledger.sightings import (
    AuditedChip,
    AuditMemory,
    EarlierOrder,
    EarlierSighting,
    Recollection,
)
from tng.ledger.sqlite import SqliteLedger

__all__ = [
    "AuditMemory",
    "AuditedChip",
    "DeviceMark",
    "DeviceRow",
    "DeviceState",
    "Direction",
    "EarlierOrder",
    "EarlierSighting",
    "EnrolledDevice",
    "Intent",
    "LastRun",
    "Ledger",
    "OpenWork",
    "Recollection",
    "Retraction",
    "SqliteLedger",
    "StepMark",
    "StepMemory",
    "StepState",
]
