"""The end of a pledge whose goods will not come: all of it, or what has not come yet.

Owns that what arrived stays, whatever becomes of it, and that a pledge that was met is not cancelled. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.logistics.partners.domain import Pledge, pledge_cancelled, pledge_unknown
from shared.contracts.envelope import Payload
from shared.contracts.ids import PledgeId
from shared.contracts.partners import CancellationReason, PledgeCancelled, PledgedLine
from shared.kit.decisions.types import Ref, Refusal, States


@dataclass(frozen=True, slots=True)
class CancelPledge:
    """The office writes down that what has not come of a pledge will not come."""

    pledge_id: PledgeId
    reason: CancellationReason
    document_number: str
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The pledge."""
        return (Ref("pledge", self.pledge_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_cancel_pledge(states: States, command: CancelPledge) -> list[Payload] | Refusal:
    """Give up what is open of a pledge."""
    pledge = states.find(Pledge, command.pledge_id)
    if pledge is None:
        return pledge_unknown()
    if pledge.cancelled_on is not None:
        return pledge_cancelled()
    open_ = outstanding(pledge)
    if not open_:
        return Refusal(
            slug="pledge-met",
            detail="All that was pledged has come.",
            next_step="Read the pledge; nothing of it is left to cancel.",
        )
    return [
        PledgeCancelled(
            pledge_id=command.pledge_id,
            lines=open_,
            reason=command.reason,
            document_number=command.document_number,
            cancelled_on=command.recorded_on,
        )
    ]


def outstanding(pledge: Pledge) -> tuple[PledgedLine, ...]:
    """What has not come of each line of a pledge; goods of an item meet the lines of it in their order."""
    came: dict[str, int] = {}
    for receipt in pledge.receipts.values():
        for line in receipt.lines:
            came[line.item_code] = came.get(line.item_code, 0) + line.quantity
    open_ = []
    for pledged in pledge.lines:
        met = min(pledged.quantity, came.get(pledged.item_code, 0))
        came[pledged.item_code] = came.get(pledged.item_code, 0) - met
        if met < pledged.quantity:
            open_.append(PledgedLine(item_code=pledged.item_code, quantity=pledged.quantity - met))
    return tuple(open_)
