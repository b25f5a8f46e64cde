"""What a lot is worth: a value for so many base units, what it rests on, and by which document.

Owns the command that values a lot later, and what part of a lot is worth. Whole rupiah: prices are known for a sack or
a kilogram and not for a gram, so a value names the quantity it is for. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.logistics.stock.domain import Lot
from services.logistics.stock.owners import ANY_OWNER, Owners, not_yours
from services.logistics.stock.refusals import lot_unknown
from shared.contracts.envelope import Payload
from shared.contracts.ids import LotId
from shared.contracts.ledger import LotValued, ValueBasis
from shared.kit.decisions.types import Ref, Refusal, States


@dataclass(frozen=True, slots=True)
class Worth:
    """`unit_value_idr` rupiah for each `valued_quantity` base units."""

    unit_value_idr: int
    valued_quantity: int
    value_basis: ValueBasis


@dataclass(frozen=True, slots=True)
class ValueLot:
    """The office says what a lot is worth, by a document."""

    lot_id: LotId
    worth: Worth
    document_number: str
    recorded_on: date
    owners: Owners = ANY_OWNER

    def aggregates(self) -> Sequence[Ref]:
        """The lot."""
        return (Ref("lot", self.lot_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_value_lot(states: States, command: ValueLot) -> list[Payload] | Refusal:
    """Value a received lot that is not valued yet; what was valued once is not valued differently."""
    lot = states.find(Lot, command.lot_id)
    if lot is None or not lot.received:
        return lot_unknown()
    refusal = not_yours(command.owners, lot)
    if refusal is not None:
        return refusal
    if lot.value_basis is not ValueBasis.NOT_VALUED:
        return Refusal(
            slug="lot-valued-already",
            detail="This lot has a value already.",
            next_step="Read the lot; ask the owner's bookkeeping if its value is wrong.",
        )
    return [
        LotValued(
            lot_id=command.lot_id,
            unit_value_idr=command.worth.unit_value_idr,
            valued_quantity=command.worth.valued_quantity,
            value_basis=command.worth.value_basis,
            document_number=command.document_number,
            valued_on=command.recorded_on,
        )
    ]


def worth_idr(lot: Lot, quantity: int) -> int | None:
    """What a quantity of a lot is worth in whole rupiah, rounded down; None while the lot is not valued."""
    return None if lot.unit_value_idr is None else quantity * lot.unit_value_idr // lot.valued_quantity
