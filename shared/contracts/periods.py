"""What the logistics service publishes of closed periods: the figures an owner of goods answers for.

Owns the shapes; `logistics.py` lists them with the rest of what the service publishes. A closed period never changes:
what is found out later stands in the next one.
"""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from shared.contracts.envelope import Payload, Value
from shared.contracts.ids import ActorId, ItemCode, OwnerId
from shared.contracts.ledger import Difference
from shared.contracts.values import INTEGER_BOUND, Count, LegalDate, Sha256

PERIOD_LINES_MAX = 500

SignedIdr = Annotated[
    int, Field(strict=True, ge=1 - INTEGER_BOUND, lt=INTEGER_BOUND, description="whole rupiah; below zero for a loss")
]


class ValuationMethod(StrEnum):
    """Which goods are taken to leave first: the oldest (FIFO), or all at their average value."""

    FIFO = "fifo"
    WEIGHTED_AVERAGE = "weighted_average"


class Figure(Value):
    """So many base units of an item, and what they are worth."""

    quantity: Difference
    value_idr: SignedIdr


class PeriodLine(Value):
    """One item in a period: opening + incoming + outgoing + adjustment + prior_period = closing, what went out below 0.

    `prior_period` is what was found out since the period before was closed (koreksi periode lalu). `expired` is part of
    the closing, `damaged` is not: damaged goods are out of the stores until they are destroyed.
    """

    item_code: ItemCode
    opening: Figure
    incoming: Figure
    outgoing: Figure
    adjustment: Figure
    prior_period: Figure
    closing: Figure
    expired: Figure
    damaged: Figure


class PeriodClosed(Payload):
    """An owner's period was closed with these figures, as its book stood at `as_of`.

    `digest` is the SHA-256 over the canonical JSON of owner, dates, position, method and lines.
    """

    type: ClassVar[str] = "logistics.period_closed.v1"
    kind: ClassVar[str] = "period"
    key: ClassVar[str] = "owner_id"

    owner_id: OwnerId
    opened_on: LegalDate | None = Field(default=None, description="the period's first day; absent: from the beginning")
    until: LegalDate = Field(description="the period's last day")
    as_of: Count = Field(description="log position of the last movement in the figures")
    method: ValuationMethod
    lines: tuple[PeriodLine, ...] = Field(max_length=PERIOD_LINES_MAX)
    digest: Sha256
    closed_by: ActorId
    closed_on: LegalDate


EVENTS: tuple[type[Payload], ...] = (PeriodClosed,)
