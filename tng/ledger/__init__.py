"""The ledger: what this tool did where, written down before and after every call.

It knows nothing of clouds, plans or rates. `interface` has the types and the
Protocol, `relational` what every database does alike, `sqlite` the file in the working
directory, `postgres` the server for several hosts; `opening` opens either.
"""

from tng.ledger.interface import (
    DeviceMark,
    DeviceRow,
    DeviceState,
    Direction,
    EnrolledDevice,
    HeldElsewhereError,
    Intent,
    LastRun,
    Ledger,
    Naming,
    NoLedgerError,
    OpenWork,
    Retraction,
    StepMark,
    StepMemory,
    StepState,
)
from tng.ledger.issued import LedgerMemory
from tng.ledger.names import NameKind
from tng.ledger.opening import open_ledger
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
    "HeldElsewhereError",
    "Intent",
    "LastRun",
    "Ledger",
    "LedgerMemory",
    "NameKind",
    "Naming",
    "NoLedgerError",
    "OpenWork",
    "Recollection",
    "Retraction",
    "SqliteLedger",
    "StepMark",
    "StepMemory",
    "StepState",
    "open_ledger",
]
