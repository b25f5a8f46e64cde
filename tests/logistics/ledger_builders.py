"""Steps of a story that several tests of the ledger take: goods promised, a place counted."""

from datetime import UTC, datetime
from typing import Any

from services.logistics.requests.waiting import Deadline
from services.logistics.stock.posting import Postings
from shared.contracts.ids import CountId, LotId, PlaceId, RequestId, Subject
from shared.contracts.ledger import LotCounted
from shared.contracts.vocabulary import Urgency
from tests.logistics.builders import AT, POST, RICE, TODAY, allocate, new_id, open_request, pick
from tests.logistics.story import Story, only

DUE_AT = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)


def reserved(
    story: Story, lot: str, quantity: int, *, urgency: Urgency = Urgency.HIGH, due_at: datetime = DUE_AT
) -> str:
    """The id of a request that has goods of a lot reserved in the warehouse."""
    deadline = Deadline(AT, AT, due_at)
    story.given(open_request(request := new_id(), (RICE, quantity), urgency=urgency, deadline=deadline))
    story.accepted(allocate(request, pick(lot, quantity)))
    return request


class _All:
    """Every state of a story, as an approved count reads it."""

    def __init__(self, story: Story) -> None:
        self._story = story

    def find(self, state: type[Any], id_: str) -> Any:
        return next((one for one in self._story.states.values() if isinstance(one, state) and one.id == id_), None)

    def holder(self, key: object) -> str | None:
        raise AssertionError("a count claims no keys")


def counted(
    story: Story,
    lot: str,
    found: int,
    *,
    counted_at: datetime,
    place_id: str = POST,
    moved_since: int = 0,
    holders: tuple[str, ...] = (),
) -> LotCounted:
    """A count of a lot in a place, as its approval posts it."""
    postings = Postings.over(
        _All(story),
        [lot],
        seed=new_id(),
        cause=Subject(f"count/{new_id()}"),
        moved_on=TODAY,
        holders=[RequestId(one) for one in holders],
    )
    postings.count(
        LotId(lot),
        PlaceId(place_id),
        found,
        count_id=CountId(new_id()),
        counted_at=counted_at,
        moved_since=moved_since,
    )
    for event in postings.events:
        story.apply(event)
    return only(postings.events, LotCounted)
