"""From a report to the command it becomes.

Owns that step for each type of report. Must not decide anything.
"""

from services.logistics import areas
from services.logistics.counts.reporting import CountedByPost, ReportCount
from services.logistics.handouts.domain import GivenLine, HandOut
from services.logistics.intake.domain import Capture
from services.logistics.intake.lookups import Lookups
from services.logistics.intake.reading import Report
from services.logistics.items.domain import UNKNOWN_ITEM
from services.logistics.kitchens.domain import ServeMeals, Teller
from services.logistics.kitchens.recipes import DEFAULT_RECIPE
from services.logistics.requests.asking import ReportRequest
from services.logistics.requests.waiting import Deadline
from services.logistics.shipments.arriving import CountShipment
from services.logistics.shipments.counting import CountedLine, merged
from shared.contracts import field
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import ActorId, CountId, RequestId
from shared.contracts.shipments import Signature, SignerRole
from shared.contracts.vocabulary import FieldFlag
from shared.kit import clock


def command_of(report: Report, found: Lookups) -> CountShipment | ReportRequest | HandOut | ServeMeals | ReportCount:
    """The command a report becomes."""
    match report.said:
        case field.ShipmentReceived() as said:
            return _receipt(said, report, found)
        case field.ShipmentPassed() as said:
            return _passage(said, report, found)
        case field.GoodsRequested() as said:
            return _request(said, report, found)
        case field.GoodsHandedOut() as said:
            return _hand_out(said, report, found)
        case field.MealsServed() as said:
            return _meals(said, report, found)
        case field.PlaceCounted() as said:
            return _count(said, report, found)


def _receipt(said: field.ShipmentReceived, report: Report, found: Lookups) -> CountShipment:
    lines = [CountedLine(line.lot_id, line.accepted, line.missing, line.damaged) for line in said.lines]
    return CountShipment(
        shipment_id=said.shipment_id,
        request_id=found.sent_for(said.shipment_id),
        place_id=found.place_id,
        serves=found.serves(said.shipment_id),
        lines=merged(lines),
        capture=_capture(report),
        signatures=_signatures(said.signed, found),
        flags=report.flags,
        seed=report.envelope.id,
        recorded_on=report.happened_on,
        closed=found.closed(report.happened_on),
    )


def _passage(said: field.ShipmentPassed, report: Report, found: Lookups) -> CountShipment:
    lines = [CountedLine(line.lot_id, line.left, line.missing, line.damaged, line.onward) for line in said.lines]
    return CountShipment(
        shipment_id=said.shipment_id,
        request_id=found.sent_for(said.shipment_id),
        place_id=said.at_place_id or found.place_id,
        reporter_place_id=found.place_id,
        lines=merged(lines),
        capture=_capture(report),
        signatures=_signatures(said.signed, found),
        flags=report.flags,
        seed=report.envelope.id,
        recorded_on=report.happened_on,
        closed=found.closed(report.happened_on),
        passes=True,
        next_vehicle_id=said.vehicle_place_id,
    )


def _signatures(signed: field.SignedOnPaper | None, found: Lookups) -> tuple[Signature, ...]:
    """The post answers for its count, unless the paper names another receiver; the carrier where it signed."""
    said = signed or field.SignedOnPaper()
    receiver = ActorId(said.receiver_id or found.place_id)
    signatures = [Signature(role=SignerRole.RECEIVER, signer_id=receiver, scan_sha256=said.scan_sha256)]
    if said.carrier_id is not None:
        carrier = ActorId(said.carrier_id)
        signatures.append(Signature(role=SignerRole.CARRIER, signer_id=carrier, scan_sha256=said.scan_sha256))
    return tuple(signatures)


def _request(said: field.GoodsRequested, report: Report, found: Lookups) -> ReportRequest:
    """The clock starts when the report arrives: before that nobody could serve it."""
    unknown = () if areas.is_known(said.area_code) else (FieldFlag.UNKNOWN_AREA,)
    return ReportRequest(
        request_id=said.request_id,
        again_id=RequestId(clock.derived_id(report.envelope.id, "request", 0)),
        disaster_id=said.disaster_id,
        area_code=said.area_code,
        place_id=found.place_id,
        urgency=said.urgency,
        requested_by=ActorId(found.place_id),
        deadline=Deadline.of(report.received_at, said.urgency),
        lines=tuple(ItemQuantity(item_code=line.item_code, quantity=line.quantity) for line in said.lines),
        person_count=said.person_count,
        capture=_capture(report),
        flags=(*report.flags, *unknown),
        recorded_on=report.happened_on,
    )


def _hand_out(said: field.GoodsHandedOut, report: Report, found: Lookups) -> HandOut:
    unknown = () if areas.is_known(said.area_code) else (FieldFlag.UNKNOWN_AREA,)
    lines = tuple(_given(line, found) for line in said.lines)
    lot_ids = [lot_id for line in lines for lot_id in line.lot_ids()]
    return HandOut(
        handout_id=said.handout_id,
        disaster_id=said.disaster_id,
        place_id=found.place_id,
        area_code=said.area_code,
        lines=lines,
        household_ids=said.household_ids,
        capture=_capture(report),
        flags=(*report.flags, *unknown),
        seed=report.envelope.id,
        recorded_on=report.happened_on,
        closed=found.closed(report.happened_on),
        holders=found.holders(lot_ids),
    )


def _meals(said: field.MealsServed, report: Report, found: Lookups) -> ServeMeals:
    kitchen = found.kitchens[said.kitchen_id]
    lines = tuple(_given(line, kitchen) for line in said.ingredients)
    return ServeMeals(
        meal_id=said.meal_id,
        disaster_id=said.disaster_id,
        kitchen_id=said.kitchen_id,
        portions=said.portions,
        person_count=said.person_count,
        recipe_id=said.recipe_id or DEFAULT_RECIPE,
        lines=lines,
        seed=report.envelope.id,
        served_on=report.happened_on,
        recorded_on=report.happened_on,
        closed=found.closed(report.happened_on),
        told_by=Teller(found.place_id, _capture(report)),
        flags=report.flags,
        holders=kitchen.holders([lot_id for line in lines for lot_id in line.lot_ids()]),
    )


def _count(said: field.PlaceCounted, report: Report, found: Lookups) -> ReportCount:
    booked = found.booked.get(said.count_id, {})
    return ReportCount(
        count_id=said.count_id,
        again_id=CountId(clock.derived_id(report.envelope.id, "count", 0)),
        place_id=found.place_id,
        whole=said.whole,
        as_of=said.as_of,
        head=found.head,
        counted_at=report.happened_at,
        lines=tuple(
            CountedByPost(
                lot_id=line.lot_id,
                item_code=line.item_code or UNKNOWN_ITEM,
                counted=line.counted,
                surplus_reason=line.surplus_reason,
                loss_reason=line.loss_reason,
                booked=booked.get(line.item_code or "", ()),
                unattributed=found.unattributed(line.item_code or UNKNOWN_ITEM),
            )
            for line in said.lines
        ),
        capture=_capture(report),
        flags=report.flags,
        recorded_on=report.happened_on,
    )


def _capture(report: Report) -> Capture:
    return Capture(report.envelope.device_id, report.envelope.time)


def _given(line: field.HandedOutLine, found: Lookups) -> GivenLine:
    item_code = line.item_code or UNKNOWN_ITEM
    return GivenLine(
        quantity=line.quantity,
        lot_id=line.lot_id,
        item_code=item_code,
        candidates=found.candidates_of(line.item_code) if line.lot_id is None else (),
        unattributed=found.unattributed(item_code),
    )
