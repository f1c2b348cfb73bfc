"""What an audit is: the values that every form of its report is made from.

All are frozen. An `Audit` holds no device itself but the shelf on which they lie, so that
a report of a million devices needs no memory for them.
"""

from tng.audit.models.audit import (
    Audit,
    Decision,
    Making,
    Tally,
    Verdict,
)
from tng.audit.models.devices import (
    AuditedDevice,
    CertificateFacts,
    Delivery,
    DeviceStanding,
    OrderMatch,
    Shelf,
    Standing,
)
from tng.audit.models.evidence import (
    AuditInput,
    InputRole,
    UsedAnchor,
)
from tng.audit.models.orders import (
    LineResult,
    Overlap,
    Reconciliation,
    SeenBefore,
    UnorderedPart,
)
from tng.audit.models.targets import (
    AuditedTarget,
    HeldElsewhere,
    UnknownDevice,
)
from tng.audit.models.troubles import (
    Affected,
    GeneralFinding,
    Subject,
    Trouble,
)

__all__ = [
    "Affected",
    "Audit",
    "AuditInput",
    "AuditedDevice",
    "AuditedTarget",
    "CertificateFacts",
    "Decision",
    "Delivery",
    "DeviceStanding",
    "GeneralFinding",
    "HeldElsewhere",
    "InputRole",
    "LineResult",
    "Making",
    "OrderMatch",
    "Overlap",
    "Reconciliation",
    "SeenBefore",
    "Shelf",
    "Standing",
    "Subject",
    "Tally",
    "Trouble",
    "UnknownDevice",
    "UnorderedPart",
    "UsedAnchor",
    "Verdict",
]
