"""Pledges that end early: what has not come will not come, and what had come stays."""

import pytest

from services.logistics.partners.cancelling import CancelPledge
from services.logistics.partners.domain import MakePledge, Pledge, ReceiveDonation, RegisterPartner
from shared.contracts.ids import ActorId, ItemCode, PartnerId, PledgeId, ReceiptId
from shared.contracts.partners import CancellationReason, DonatedLine, PartnerKind, PledgeCancelled, PledgedLine
from tests.logistics.builders import KIT, RICE, TODAY, WAREHOUSE, new_id, setting
from tests.logistics.office import Office, slug
from tests.logistics.story import Story, only

DONOR, PLEDGE = PartnerId("pt-sinar"), PledgeId(new_id())
CANCEL = CancelPledge(PLEDGE, CancellationReason.WITHDRAWN, "021/PTS/2026", TODAY)


def lines(*amounts: tuple[ItemCode, int]) -> tuple[PledgedLine, ...]:
    return tuple(PledgedLine(item_code=code, quantity=quantity) for code, quantity in amounts)


def pledged(*amounts: tuple[ItemCode, int]) -> Story:
    made = MakePledge(PLEDGE, DONOR, lines(*amounts), None, "014/PTS/2026", TODAY)
    return Story().given(*setting(), RegisterPartner(DONOR, PartnerKind.COMPANY, TODAY), made)


def came(item_code: ItemCode, quantity: int) -> ReceiveDonation:
    line = DonatedLine(line_no=1, item_code=item_code, quantity=quantity)
    return ReceiveDonation(PLEDGE, ReceiptId(new_id()), WAREHOUSE, (line,), "SP-7/2026", ActorId("officer-1"), TODAY)


@pytest.mark.parametrize(
    ("arrived", "given_up"),
    [
        ((), ((RICE, 500), (KIT, 20), (RICE, 100))),
        (((RICE, 300),), ((RICE, 200), (KIT, 20), (RICE, 100))),
        (((RICE, 300), (RICE, 250), (KIT, 25)), ((RICE, 50),)),
    ],
    ids=["all of it", "the rest", "the rest of a line, and nothing of what came in plenty"],
)
def test_what_has_not_come_is_given_up(
    arrived: tuple[tuple[ItemCode, int], ...], given_up: tuple[tuple[ItemCode, int], ...]
) -> None:
    """Each line is met by the goods of its item in order."""
    story = pledged((RICE, 500), (KIT, 20), (RICE, 100)).given(*(came(*one) for one in arrived))
    assert only(story.accepted(CANCEL), PledgeCancelled).lines == lines(*given_up)
    assert len(story.state(Pledge, PLEDGE).receipts) == len(arrived)


def test_a_pledge_ends_once_and_not_when_it_was_met() -> None:
    """Goods that come all the same are another pledge's."""
    assert pledged((RICE, 500)).given(came(RICE, 600)).refused(CANCEL) == "pledge-met"
    story = pledged((RICE, 500)).given(CANCEL)
    assert story.refused(CANCEL) == "pledge-cancelled"
    assert story.refused(came(RICE, 1)) == "pledge-cancelled"
    assert Story().refused(CANCEL) == "pledge-unknown"


@pytest.mark.anyio
async def test_a_donor_reads_that_its_pledge_was_cancelled_and_why(office: Office) -> None:
    """The statement shows what will not come beside what came."""
    await office.seed()
    donor, pledge_id = f"pt-{new_id()}", new_id()
    await office.done("/v1/partners", {"partner_id": donor, "partner_kind": "company"})
    promised = {"pledge_id": pledge_id, "partner_id": donor, "document_number": "014/PTS/XI/2026"}
    await office.done("/v1/pledges", {**promised, "lines": [{"item_code": "selimut", "quantity": 500}]})
    arrived = {"place_id": "gudang-kasongan", "document_number": "SP-7/2026"}
    receipt = {**arrived, "lines": [{"item_code": "selimut", "quantity": 120}]}
    await office.done(f"/v1/pledges/{pledge_id}/receipts", receipt)
    cancelled = {"reason": "overdue", "document_number": "021/PTS/XI/2026"}
    approver = office.token("approver")
    assert (await office.post(f"/v1/pledges/{pledge_id}/cancellation", cancelled, token=approver)).status_code == 403
    await office.done(f"/v1/pledges/{pledge_id}/cancellation", cancelled)
    assert slug(await office.post(f"/v1/pledges/{pledge_id}/receipts", receipt)) == "pledge-cancelled"
    own = office.token("partner", subject="donor-1", scope={"partner": (donor,)})
    (shown,) = (await office.seen(f"/v1/partners/{donor}/statement", token=own))["pledges"]
    assert (shown["cancellation_reason"], shown["cancelled_on"]) == ("overdue", office.runtime.today().isoformat())
    figures = {"pledged": 500, "cancelled": 380, "received": 120, "waiting": 120, "stocked": 0, "rejected": 0}
    assert shown["lines"] == [{"item_code": "selimut", **figures}]
