"""The way back from a lot to the households its goods reached (hard case 9), over HTTP and in the read model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.logistics.handouts import queries
from services.logistics.handouts.recipients import equal_shares
from tests.logistics.builders import DISASTER, new_id
from tests.logistics.office import Office

pytestmark = pytest.mark.anyio


@given(st.integers(0, 10**9), st.integers(0, 500))
def test_shares_of_households_sum_to_what_was_given(quantity: int, count: int) -> None:
    """No gram is made or lost by telling it apart."""
    shares = equal_shares(quantity, count)
    assert len(shares) == count
    assert sum(shares) == (quantity if count else 0)
    assert not shares or max(shares) - min(shares) <= 1


async def test_every_household_a_lot_reached_is_found(office: Office) -> None:
    """Named households come back with place and day, whichever post gave the goods; others' lots do not mix in."""
    await office.seed()
    posts = [new_id(), new_id()]
    kits = await office.receive(10, item_code="family-kit")
    rice = await office.receive(100_000)
    first, second, third = (new_id() for _ in range(3))
    line = {"lot_id": kits, "quantity": 3}
    for post_id, households in zip(posts, ([first, second], [third]), strict=True):
        device = office.device(post_id)
        handouts = [
            device.handout(DISASTER, line, {"lot_id": rice, "quantity": 100}, household_ids=households),
            device.handout(DISASTER, line),
        ]
        assert {one["status"] for one in await device.send(*handouts)} == {"accepted"}
    async with office.runtime.database.reading() as connection:
        rows, _ = await queries.recipients_of(connection, kits, after=None, limit=10)
        sources, _ = await queries.given_of(connection, kits, after=None, limit=10)
    assert {(row["household_id"], row["place_id"], row["quantity"]) for row in rows} == {
        (first, posts[0], 2),
        (second, posts[0], 1),
        (third, posts[1], 3),
    }
    assert sorted(row["household_count"] for row in sources) == [0, 0, 1, 2]


async def test_a_hand_out_told_again_is_found_once(office: Office) -> None:
    """The first telling stands: what moved nothing reached nobody."""
    await office.seed()
    device = office.device(new_id())
    kits = await office.receive(10, item_code="family-kit")
    handout_id = new_id()
    line = {"lot_id": kits, "quantity": 1}
    first = device.handout(DISASTER, line, household_ids=[new_id()], handout_id=handout_id)
    again = device.handout(DISASTER, line, household_ids=[new_id()], handout_id=handout_id)
    await device.send(first, again)
    async with office.runtime.database.reading() as connection:
        rows, _ = await queries.recipients_of(connection, kits, after=None, limit=10)
    assert [row["household_id"] for row in rows] == first["data"]["household_ids"]
