"""Signing for a shortfall: the carrier answers for loss on the way, the receiver for damage on arrival.

Owns that each is signed once, and not by the same person. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.logistics.shipments.domain import Shipment, shipment_unknown, signer_not_other
from shared.contracts.envelope import Payload
from shared.contracts.ids import ShipmentId
from shared.contracts.shipments import ShipmentSigned, Shortfall, Signature
from shared.kit.decisions.types import Ref, Refusal, States


@dataclass(frozen=True, slots=True)
class SignShortfall:
    """Somebody answers for what was lost or damaged and not signed for when it was counted."""

    shipment_id: ShipmentId
    shortfall: Shortfall
    signature: Signature
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The shipment."""
        return (Ref("shipment", self.shipment_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_sign_shortfall(states: States, command: SignShortfall) -> list[Payload] | Refusal:
    """Let the carrier answer for a loss and the receiver for damage, each once and not the same person for both."""
    shipment = states.find(Shipment, command.shipment_id)
    if shipment is None or not shipment.dispatched:
        return shipment_unknown()
    loss = command.shortfall is Shortfall.LOSS
    short = any(line.missing if loss else line.damaged for line in shipment.lines.values())
    signed, other = shipment.loss_signer_id, shipment.damage_signer_id
    if not loss:
        signed, other = other, signed
    if not short or signed is not None:
        return Refusal(
            slug="nothing-to-sign",
            detail="There is no such shortfall of this shipment that nobody has signed for.",
            next_step="Read what was missing and damaged of the shipment, and who signed for it.",
        )
    if command.signature.signer_id == other:
        return signer_not_other()
    return [
        ShipmentSigned(
            shipment_id=command.shipment_id,
            shortfall=command.shortfall,
            signature=command.signature,
            signed_on=command.recorded_on,
        )
    ]
