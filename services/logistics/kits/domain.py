"""Kits: goods of several items made up into one, by a bill of materials with versions.

Owns what a kit is made of, and the record of the kits that were made (`assembling.py` makes them). Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.logistics.items import domain as items
from shared.contracts.envelope import Payload
from shared.contracts.ids import ItemCode
from shared.contracts.kits import AssembledPart, KitAssembled, KitDefined, KitPart, KitUnpacked
from shared.kit.decisions.types import Event, Ref, Refusal, States


@dataclass(frozen=True, slots=True)
class Kit:
    """What one kit of an item is made of now; its versions before are in the log."""

    id: str
    version: int
    kit_version: int
    parts: tuple[KitPart, ...]
    document_number: str
    defined_on: date


@dataclass(frozen=True, slots=True)
class KitLot:
    """Kits made at once: how many, of which lots, and how many were taken apart."""

    id: str
    version: int
    item_code: str
    kit_version: int
    parts: tuple[AssembledPart, ...]
    made: int
    unpacked: int = 0


@dataclass(frozen=True, slots=True)
class DefineKit:
    """The office says what a kit is made of from now on."""

    item_code: ItemCode
    parts: tuple[KitPart, ...]
    document_number: str
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The kit."""
        return (Ref("kit", self.item_code),)

    def reads(self) -> Sequence[Ref]:
        """The items of the kit and its parts."""
        codes = dict.fromkeys((self.item_code, *(part.item_code for part in self.parts)))
        return tuple(Ref("item", code) for code in codes)


def decide_define_kit(states: States, command: DefineKit) -> list[Payload] | Refusal:
    """Define the next version of a kit; asking again for the same parts is no new version."""
    codes = [part.item_code for part in command.parts]
    unknown = items.unknown_among(states, [command.item_code, *codes])
    if unknown is not None:
        return unknown
    if len(set(codes)) < len(codes) or command.item_code in codes:
        return Refusal(
            slug="kit-parts-unclear",
            detail="Each part of a kit is named once, and a kit is no part of itself.",
            next_step="Correct the parts and send again under a new Idempotency-Key.",
            status=422,
        )
    kit = states.find(Kit, command.item_code)
    if kit is not None and set(kit.parts) == set(command.parts):
        return []
    return [
        KitDefined(
            item_code=command.item_code,
            kit_version=1 if kit is None else kit.kit_version + 1,
            parts=command.parts,
            document_number=command.document_number,
            defined_on=command.recorded_on,
        )
    ]


def kit_unknown() -> Refusal:
    """The refusal of a decision about a kit nobody defined, or a lot that was not made as one."""
    return Refusal(
        slug="kit-unknown",
        detail="Nobody has said what this kit is made of, or the lot was not made here.",
        next_step="Check the id, or define the kit first.",
        status=404,
    )


def evolve_kit(kit: Kit | None, event: Event) -> Kit:
    """The kit as it was defined last."""
    match event.payload:
        case KitDefined() as said:
            return Kit(
                event.ref.id, event.sequence, said.kit_version, said.parts, said.document_number, said.defined_on
            )
    raise TypeError(f"{event.payload.type} after {kit and kit.version}")


def evolve_kit_lot(made: KitLot | None, event: Event) -> KitLot:
    """The kits after they were made, or some were taken apart."""
    match event.payload:
        case KitAssembled() as said:
            return KitLot(event.ref.id, event.sequence, said.item_code, said.kit_version, said.parts, said.quantity)
        case KitUnpacked() as said if made is not None:
            return replace(made, version=event.sequence, unpacked=made.unpacked + said.quantity)
    raise TypeError(f"{event.payload.type} after {made and made.version}")
