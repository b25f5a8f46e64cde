"""Villages that stand ready: a Kampung Siaga Bencana in numbers, its lumbung, and the drills it held.

Owns that a new report keeps the last drill, and that nobody is named. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from services.logistics.places import domain as places
from services.logistics.preparedness.domain import in_the_future
from shared.contracts.envelope import Payload
from shared.contracts.ids import KsbId, PlaceId
from shared.contracts.preparedness import KsbDrilled, KsbReported
from shared.contracts.vocabulary import PlaceKind
from shared.kit.decisions.types import Event, Ref, Refusal, States


@dataclass(frozen=True, slots=True)
class Ksb:
    """A Kampung Siaga Bencana as last reported, and the last drill it held."""

    id: str
    version: int
    area_code: str
    lumbung_place_id: str | None
    members_count: int
    trained_count: int
    document_number: str
    reported_on: date
    drilled_on: date | None = None


@dataclass(frozen=True, slots=True)
class ReportKsb:
    """The office writes a Kampung Siaga Bencana down as it is now."""

    ksb_id: KsbId
    area_code: str
    area_known: bool
    lumbung_place_id: PlaceId | None
    members_count: int
    trained_count: int
    document_number: str
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The village."""
        return (Ref("ksb", self.ksb_id),)

    def reads(self) -> Sequence[Ref]:
        """Its food store."""
        return () if self.lumbung_place_id is None else (Ref("place", self.lumbung_place_id),)


@dataclass(frozen=True, slots=True)
class RecordDrill:
    """A Kampung Siaga Bencana held a drill."""

    ksb_id: KsbId
    drilled_on: date
    taking_part: int
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The village."""
        return (Ref("ksb", self.ksb_id),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_report_ksb(states: States, command: ReportKsb) -> list[Payload] | Refusal:
    """Write down how many people a village has ready, and which store is its lumbung."""
    if not command.area_known:
        return places.area_unknown(command.area_code)
    lumbung = command.lumbung_place_id
    if lumbung is not None and places.kind_of(states, lumbung) is not PlaceKind.LUMBUNG:
        return places.place_unknown(lumbung)
    if command.trained_count > command.members_count:
        return Refusal(
            slug="ksb-numbers-wrong",
            detail="More people are trained than there are members.",
            next_step="Correct the numbers and send again under a new Idempotency-Key.",
            status=422,
        )
    return [
        KsbReported(
            ksb_id=command.ksb_id,
            area_code=command.area_code,
            lumbung_place_id=lumbung,
            members_count=command.members_count,
            trained_count=command.trained_count,
            document_number=command.document_number,
            reported_on=command.recorded_on,
        )
    ]


def decide_record_drill(states: States, command: RecordDrill) -> list[Payload] | Refusal:
    """Write a drill down; one that is told late does not take the place of a later one."""
    if states.find(Ksb, command.ksb_id) is None:
        return ksb_unknown()
    if command.drilled_on > command.recorded_on:
        return in_the_future()
    return [
        KsbDrilled(
            ksb_id=command.ksb_id,
            drilled_on=command.drilled_on,
            taking_part=command.taking_part,
            recorded_on=command.recorded_on,
        )
    ]


def ksb_unknown() -> Refusal:
    """The refusal of a decision about a village nobody reported as ready."""
    return Refusal(
        slug="ksb-unknown",
        detail="There is no Kampung Siaga Bencana under this id.",
        next_step="Check the id, or report it first.",
        status=404,
    )


def evolve_ksb(ksb: Ksb | None, event: Event) -> Ksb:
    """The village as last reported, with its last drill."""
    match event.payload:
        case KsbReported() as said:
            return Ksb(
                id=event.ref.id,
                version=event.sequence,
                area_code=said.area_code,
                lumbung_place_id=said.lumbung_place_id,
                members_count=said.members_count,
                trained_count=said.trained_count,
                document_number=said.document_number,
                reported_on=said.reported_on,
                drilled_on=ksb.drilled_on if ksb is not None else None,
            )
        case KsbDrilled() as said if ksb is not None:
            last = max(said.drilled_on, ksb.drilled_on or said.drilled_on)
            return replace(ksb, version=event.sequence, drilled_on=last)
    raise TypeError(f"{event.payload.type} after {ksb and ksb.version}")
