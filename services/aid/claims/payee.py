"""Who is paid, and the papers that show it: personal data, kept in the vault only.

Owns the shape of a preparation and what the vault holds of it. Must not put any of it into a command.
"""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from services.aid.claims.paper import Paper
from services.aid.doors import Body
from shared.contracts.values import Boolean, DocumentNumber, Number, PersonName

PAYEE = "payee"
BANK_REFERENCE = "bank_reference"
HEIRS_MAX = 50

# A payment needs a NIK as it stands on the card: what a post wrote down does not do.
Nik = Annotated[str, StringConstraints(pattern=r"^[0-9]{16}$")]
AccountNumber = Annotated[str, StringConstraints(pattern=r"^[0-9]{5,34}$")]
# The bank's own code (kode bank), such as 002 for BRI.
BankCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")]


class Relation(StrEnum):
    """What the payee is to the victim or household."""

    SELF = "self"
    HOUSEHOLD_HEAD = "household_head"
    SPOUSE = "spouse"
    CHILD = "child"
    PARENT = "parent"
    SIBLING = "sibling"
    GUARDIAN = "guardian"
    OTHER = "other"


class Heir(Body):
    """An heir, and whether they signed the declaration that names the payee."""

    name: PersonName
    nik: Nik | None = None
    relation: Relation
    signed: Boolean


class PaperShown(Body):
    """A paper the officer saw, with the number on it."""

    paper: Paper
    number: DocumentNumber | None = None


class Preparation(Body):
    """The payee of a claim, as an officer prepares it. `claim_version` is the version the officer looked at."""

    claim_version: Number
    name: PersonName
    nik: Nik
    relation: Relation
    bank_code: BankCode
    account_number: AccountNumber
    account_holder: PersonName
    papers: tuple[PaperShown, ...] = Field(default=(), max_length=2 * len(Paper))
    heirs: tuple[Heir, ...] = Field(default=(), max_length=HEIRS_MAX)

    @property
    def document(self) -> dict[str, Any]:
        """What the vault holds of it, and the payee commitment binds."""
        return self.model_dump(mode="json", exclude={"claim_version"}, exclude_none=True)

    @property
    def papers_seen(self) -> tuple[Paper, ...]:
        """The kinds of papers, which say nothing about the payee."""
        return tuple(sorted({shown.paper for shown in self.papers}))
