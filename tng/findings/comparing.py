"""Checks made by ``tng diff``: what changed from one report to a later one."""

from tng.findings.model import Check, Effect, Severity

_SOURCE = "tng, diff"

COMPARING: tuple[Check, ...] = (
    Check(
        "device-new",
        Severity.NOTICE,
        Effect.NONE,
        "The device is new",
        "Only the later report has it.",
        "Nothing, if a delivery came between the two.",
        _SOURCE,
    ),
    Check(
        "device-gone",
        Severity.WARNING,
        Effect.NONE,
        "The device is gone",
        "Only the earlier report has it.",
        "Look for a source that was left out of the later audit.",
        _SOURCE,
    ),
    Check(
        "status-better",
        Severity.NOTICE,
        Effect.NONE,
        "The device is accepted now",
        "It was not in the earlier report.",
        "Nothing, if an issuer or signer was added between the two; the reports name those.",
        _SOURCE,
    ),
    Check(
        "status-worse",
        Severity.ERROR,
        Effect.NONE,
        "The device is not accepted any more",
        "It was in the earlier report.",
        "Its findings in the later report say why.",
        _SOURCE,
    ),
    Check(
        "certificate-replaced",
        Severity.ERROR,
        Effect.NONE,
        "The device has another certificate",
        "The same chip, and object, came with another certificate in each report.",
        "Find out which of the two the chip itself holds.",
        _SOURCE,
    ),
    Check(
        "standing-better",
        Severity.NOTICE,
        Effect.NONE,
        "The device stands as wanted on the target now",
        "It did not in the earlier report.",
        "Nothing.",
        _SOURCE,
    ),
    Check(
        "standing-worse",
        Severity.ERROR,
        Effect.NONE,
        "The device drifted",
        "On the target it does not stand any more as it did in the earlier report.",
        "Find out who changed it; tng register puts back what is missing.",
        _SOURCE,
    ),
    Check(
        "delivery-changed",
        Severity.WARNING,
        Effect.NONE,
        "The device counts differently against the orders",
        "Its order line, or how it stands to it, is another one.",
        "Compare the order files of the two audits.",
        _SOURCE,
    ),
)
