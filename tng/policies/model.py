"""What a policy document says, and what was noticed about it."""

from dataclasses import dataclass
from enum import StrEnum

from tng.findings import Finding

SCHEMA = "tng.policy-lint/1"


class PolicyKind(StrEnum):
    """Whose document it is: what is right for one is too much for another."""

    DEVICE = "device"
    CLAIM = "claim"
    """For the certificate that many devices share until they have one of their own."""
    TEMPLATE = "template"
    """A fleet provisioning template; policies in it are devices'."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One key of a statement's ``Condition``, under one operator."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, as far as it could be read.

    ``number`` counts from 1; ``line`` is where it begins in the file, if it stands there.
    ``inverted`` names those of ``NotAction`` and ``NotResource`` that are used.
    """

    number: int
    sid: str
    line: int | None
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    inverted: tuple[str, ...]
    conditions: tuple[Condition, ...]

    @property
    def allows(self) -> bool:
        """Whether it gives something, rather than taking it away."""
        return self.effect == "Allow"

    @property
    def where(self) -> str:
        """Its name for people."""
        return f"statement {self.number}" + (f" ({self.sid})" if self.sid else "")


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document. ``version`` is empty where there is none."""

    version: str
    statements: tuple[Statement, ...]

    @property
    def allowing(self) -> tuple[Statement, ...]:
        """The statements that give something."""
        return tuple(item for item in self.statements if item.allows)


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding, and where in the document it was made; ``line`` counts from 1."""

    finding: Finding
    where: str = ""
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Linted:
    """What came of one document. ``kind`` is ``None`` where it could not be read at all."""

    kind: PolicyKind | None
    remarks: tuple[Remark, ...]
