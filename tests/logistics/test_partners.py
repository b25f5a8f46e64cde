"""Partners: what was promised, what arrived, what an inspection took in, and what donors tie their goods to."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.logistics.partners.domain import MakePledge, Pledge, ReceiveDonation, RegisterPartner
from services.logistics.partners.inspecting import Finding, InspectDonation
from services.logistics.partners.restriction import Use, restriction_allows
from services.logistics.requests.candidates import ByDistance, Offer, Where
from services.logistics.requests.planner import Wanted, plan
from services.logistics.stock.domain import Lot
from shared.contracts.ids import ActorId, LotId, OwnerId, PartnerId, PlaceId, PledgeId, ReceiptId, RequestId
from shared.contracts.logistics import LotReceived
from shared.contracts.partners import (
    AidedPeople,
    DonatedLine,
    DonationUse,
    PartnerKind,
    PledgedLine,
    RejectionCause,
    Restriction,
)
from shared.contracts.requests import ShortReason
from shared.contracts.vocabulary import PlaceKind, Urgency
from tests.logistics.builders import (
    AT,
    OWNER,
    POST,
    RICE,
    TODAY,
    WAREHOUSE,
    allocate,
    new_id,
    open_request,
    pick,
    quantities,
    setting,
)
from tests.logistics.story import Story, only

PLEDGE, RECEIPT, LOT = new_id(), new_id(), new_id()
DONOR = PartnerId("pt-sinar")
SOON = TODAY + timedelta(days=60)
TIED = Restriction(area_code="62.06", until=SOON)


def pledge(partner_id: PartnerId = DONOR, **changes: Any) -> MakePledge:
    lines = (PledgedLine(item_code=RICE, quantity=500),)
    given: dict[str, Any] = {"restriction": TIED, "document_number": "014/PTS/2026", "recorded_on": TODAY, **changes}
    return MakePledge(PledgeId(PLEDGE), partner_id, lines, **given)


def arrive(quantity: int = 300, receipt_id: str = RECEIPT) -> ReceiveDonation:
    lines = (DonatedLine(line_no=1, item_code=RICE, quantity=quantity, expires_on=SOON),)
    who = ActorId("officer-1")
    return ReceiveDonation(PledgeId(PLEDGE), ReceiptId(receipt_id), WAREHOUSE, lines, "SP-7/2026", who, TODAY)


def finding(accepted: int, rejected: int = 0, **changes: Any) -> Finding:
    cause = RejectionCause.DAMAGED if rejected else None
    given: dict[str, Any] = {"rejection_cause": cause, "expires_on": SOON, "lot_id": LotId(LOT), **changes}
    return Finding(1, accepted, rejected, **given)


def inspect(*findings: Finding, **changes: Any) -> InspectDonation:
    given: dict[str, Any] = {
        "owner_id": OwnerId("donor:pt-sinar"),
        "document_number": "BAP-9/2026",
        "inspector_id": ActorId("officer-2"),
        "recorded_on": TODAY,
        **changes,
    }
    return InspectDonation(PledgeId(PLEDGE), ReceiptId(RECEIPT), findings=findings, **given)


@pytest.fixture
def story() -> Story:
    return Story().given(*setting(), RegisterPartner(DONOR, PartnerKind.COMPANY, TODAY), pledge(), arrive())


def test_what_arrived_is_no_stock_before_it_was_inspected(story: Story) -> None:
    """An accepted part becomes a lot of the donor's account, tied as it was pledged; the rest goes back."""
    received = only(story.accepted(inspect(finding(280, 20))), LotReceived)
    assert (received.from_place_id, received.quantity, received.restriction) == ("donor:pt-sinar", 280, TIED)
    assert story.on_hand(LOT, WAREHOUSE, "donor:pt-sinar") == (280, -280)
    assert story.state(Lot, LOT).restriction == TIED
    (line,) = story.state(Pledge, PLEDGE).receipts[RECEIPT].inspected
    assert (line.accepted, line.rejected, line.lot_id) == (280, 20, LOT)


def test_the_receiver_does_not_inspect(story: Story) -> None:
    """Four eyes, by person."""
    assert story.refused(inspect(finding(300), inspector_id=ActorId("officer-1"))) == "same-person"


@pytest.mark.parametrize(
    "findings",
    [
        (finding(299),),
        (finding(300, 1),),
        (finding(290, 10, rejection_cause=None),),
        (finding(300, 0, rejection_cause=RejectionCause.SPOILED),),
        (finding(150), finding(150)),
        (),
    ],
)
def test_each_unit_is_accepted_or_rejected_once_with_a_reason(story: Story, findings: tuple[Finding, ...]) -> None:
    """A receipt does not stay half inspected."""
    assert story.refused(inspect(*findings)) == "inspection-incomplete"


def test_expired_goods_are_rejected_not_taken_in(story: Story) -> None:
    """Their date is what the inspector reads on them."""
    past = TODAY - timedelta(days=1)
    assert story.refused(inspect(finding(300, expires_on=past))) == "lot-expired"
    assert story.accepted(inspect(finding(0, 300, expires_on=past, rejection_cause=RejectionCause.EXPIRED)))


def test_a_receipt_is_written_down_and_inspected_once(story: Story) -> None:
    """More than was pledged may come, in several receipts."""
    assert story.refused(arrive()) == "donation-received-already"
    story.given(arrive(900, new_id()), inspect(finding(300)))
    assert story.refused(inspect(finding(300, lot_id=LotId(new_id())))) == "donation-inspected-already"


def test_goods_become_ours_only_by_who_decides_for_us(story: Story) -> None:
    """Kept for the donor (titipan) anybody in the store may take them in."""
    ours = inspect(finding(300), owner_id=OwnerId("province"), owners=("regency:62.06",))
    assert story.refused(ours) == "other-owners-goods"
    assert story.accepted(inspect(finding(300), owners=("regency:62.06",)))


def test_pledges_name_a_partner_and_known_items(story: Story) -> None:
    """A partner is registered once, under a name that is nobody else's."""
    assert story.refused(pledge()) == "pledge-made-already"
    assert story.refused(pledge(partner_id=PartnerId("siapa"))) == "partner-unknown"
    assert story.refused(pledge(area_known=False)) == "area-unknown"
    assert story.accepted(RegisterPartner(DONOR, PartnerKind.COMPANY, TODAY)) == []
    assert story.refused(RegisterPartner(DONOR, PartnerKind.PERSON, TODAY)) == "partner-registered-already"
    lost = ReceiveDonation(
        PledgeId(new_id()), ReceiptId(RECEIPT), PlaceId(WAREHOUSE), (), "SP-8/2026", ActorId("officer-1"), TODAY
    )
    assert story.refused(lost) == "pledge-unknown"


def use(area_code: str = "62.06.01.2001", kind: PlaceKind = PlaceKind.POST, **changes: Any) -> Use:
    return Use(area_code, kind, changes.pop("on", TODAY), **changes)


def test_every_part_of_a_restriction_must_fit() -> None:
    """Area with all below it, kitchen or hand-out, and for whom."""
    assert restriction_allows(TIED, use())
    assert not restriction_allows(TIED, use("62.0"))
    assert not restriction_allows(TIED, use("62.01.01.2001"))
    kitchen = Restriction(use=DonationUse.KITCHEN)
    assert restriction_allows(kitchen, use(kind=PlaceKind.KITCHEN))
    assert not restriction_allows(kitchen, use())
    children = Restriction(people=(AidedPeople.CHILDREN, AidedPeople.TODDLERS))
    assert restriction_allows(children, use(people=[AidedPeople.CHILDREN]))
    assert not restriction_allows(children, use(people=[AidedPeople.CHILDREN, AidedPeople.ELDERLY]))
    assert not restriction_allows(children, use())


@given(
    area=st.sampled_from([None, "62", "62.06", "62.01"]),
    until=st.none() | st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    on=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
)
def test_after_its_last_day_a_restriction_holds_nothing(area: str | None, until: date | None, on: date) -> None:
    """Goods are not left to spoil for a wish that has ended; before, they serve their area alone."""
    allowed = restriction_allows(Restriction(area_code=area, until=until), use(on=on))
    lapsed = until is not None and until < on
    assert allowed == (lapsed or area in (None, "62", "62.06"))


def test_goods_a_donor_tied_to_an_area_are_not_reserved_elsewhere() -> None:
    """Not even by hand; after its last day the tie is gone."""
    tied = Restriction(area_code="62.06.02", until=TODAY + timedelta(days=10))
    story = Story().given(*setting(), RegisterPartner(DONOR, PartnerKind.COMPANY, TODAY), pledge(restriction=tied))
    story.given(arrive(), inspect(finding(300), owner_id=OWNER))
    there, elsewhere = new_id(), new_id()
    story.given(open_request(there, (RICE, 10), area_code="62.06.02.2001"), open_request(elsewhere, (RICE, 10)))
    assert story.accepted(allocate(there, pick(LOT, 10)))
    assert story.refused(allocate(elsewhere, pick(LOT, 10))) == "lot-restricted"
    assert story.accepted(allocate(elsewhere, pick(LOT, 10), on=TODAY + timedelta(days=11)))


def test_goods_for_some_people_wait_for_a_request_for_these_alone() -> None:
    """A request that says nobody is for everybody."""
    tied = Restriction(people=(AidedPeople.CHILDREN,))
    story = Story().given(*setting(), RegisterPartner(DONOR, PartnerKind.COMPANY, TODAY), pledge(restriction=tied))
    story.given(arrive(), inspect(finding(300), owner_id=OWNER))
    children, everybody = new_id(), new_id()
    story.given(open_request(children, (RICE, 10), people=(AidedPeople.CHILDREN,)))
    story.given(open_request(everybody, (RICE, 10)))
    assert story.accepted(allocate(children, pick(LOT, 10)))
    assert story.refused(allocate(everybody, pick(LOT, 10))) == "lot-restricted"


def test_a_plan_passes_over_goods_tied_to_another_use_and_says_so() -> None:
    """Kitchens get what was given for kitchens, and a request for others stays short of it."""
    kitchen, post = (Where("62.06.01.2001", place_kind=kind) for kind in (PlaceKind.KITCHEN, PlaceKind.POST))
    tied = Offer(LotId(LOT), RICE, WAREHOUSE, 100, SOON, Where("62.06"), OWNER, Restriction(use=DonationUse.KITCHEN))
    places = {PlaceId("dapur-umum"): kitchen, PlaceId(POST): post}
    wanted = [
        Wanted(RequestId(new_id()), OWNER, quantities((RICE, 5)), place_id, to, Urgency.HIGH, AT)
        for place_id, to in places.items()
    ]
    planned = plan(wanted, [tied], ByDistance(), new_id)
    cooked, handed_out = (planned[one.request_id] for one in wanted)
    assert [one.quantity for one in cooked.picks] == [5]
    assert [one.reason for one in handed_out.why_short] == [ShortReason.TIED_BY_DONOR]
