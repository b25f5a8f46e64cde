"""What was accepted with a flag is explained over HTTP, on real servers, and leaves the list with its explanation."""

from collections.abc import Callable

import pytest

from tests.logistics.builders import DISASTER, new_id
from tests.logistics.office import Office, slug
from tests.logistics.own_supply import Supply, rebuilt_otherwise, reversed_movement

pytestmark = pytest.mark.anyio


async def test_a_surplus_is_explained_by_two_persons_and_stays_readable(
    office: Office, make_database: Callable[[], str]
) -> None:
    """The store loaded four sacks more than it wrote; the head of the store agrees."""
    supply = await Supply(office).opened()
    worth = {"unit_value_idr": 300_000, "value_basis": "cost"}
    lot = await supply.received(100, **worth)
    shipment = await supply.sent(60)
    await supply.counted(shipment, lot, 64)
    (question,) = await office.items("/v1/to-explain", place_id=supply.store)
    assert question["lots"] == [[lot, 4]]
    path = f"/v1/to-explain/{question['event_id']}"
    keeper = office.token("warehouse", subject="officer-1", scope={"place": (supply.store,), "owner": ("*",)})
    said = {"reason": "loaded_otherwise", "document_number": "BA-12/2026"}
    await office.done(f"{path}/explanation", said, token=keeper)
    (waiting,) = await office.items("/v1/to-explain", place_id=supply.store)
    assert (waiting["explanation"]["status"], waiting["explanation"]["value_idr"]) == ("waiting", 1_200_000)
    assert slug(await office.post(f"{path}/explanation", said, token=keeper)) == "explanation-waits"
    assert slug(await office.post(f"{path}/approval", token=keeper)) == "same-person"
    await office.done(f"{path}/approval", token=office.token("warehouse", subject="head-1"))
    assert await office.items("/v1/to-explain", place_id=supply.store) == []
    (explained,) = await office.items("/v1/to-explain", place_id=supply.store, explained=True)
    explanation = explained["explanation"]
    assert [explanation[part] for part in ("reason", "document_number", "explained_by", "approved_by")] == [
        "loaded_otherwise",
        "BA-12/2026",
        "officer-1",
        "head-1",
    ]
    assert (await office.seen(path)) == explained
    assert slug(await office.post(f"{path}/explanation", said)) == "explained-already"
    assert await rebuilt_otherwise(office, make_database()) == []


async def test_goods_below_nothing_are_explained_by_the_reversal_that_put_them_right(office: Office) -> None:
    """A hand-out told for the wrong lot: reversed first, then explained by its reversal, each of its two facts."""
    supply = await Supply(office).opened()
    device = office.device(new_id())
    lot = await supply.received(10)
    await device.send(device.handout(DISASTER, {"lot_id": lot, "quantity": 5}))
    flagged = await office.items("/v1/to-explain", place_id=device.post_id)
    assert {one["event_type"] for one in flagged} == {"logistics.stock_moved.v1", "logistics.goods_handed_out.v1"}
    moved = next(one["event_id"] for one in flagged if one["event_type"] == "logistics.stock_moved.v1")
    said = {"reason": "corrected", "reversal_id": moved}
    assert slug(await office.post(f"/v1/to-explain/{moved}/explanation", said)) == "reversal-unknown"
    plain = {"reason": "other_lot_or_item"}
    assert slug(await office.post(f"/v1/to-explain/{moved}/explanation", plain)) == "stock-to-explain"
    reversal = await reversed_movement(office, moved)
    for one in flagged:
        path = f"/v1/to-explain/{one['event_id']}/explanation"
        await office.done(path, {"reason": "corrected", "reversal_id": reversal})
    assert await office.items("/v1/to-explain", place_id=device.post_id) == []


async def test_only_who_keeps_the_place_explains_what_happened_there(office: Office) -> None:
    """A post reads its own; another store's keeper is out of scope; what was never flagged is not found."""
    device = office.device(new_id())
    await device.send(device.handout(DISASTER, {"item_code": "beras", "quantity": 5}))
    (one, *_) = await office.items("/v1/to-explain", place_id=device.post_id)
    said, path = {"reason": "recorded_late"}, f"/v1/to-explain/{one['event_id']}"
    elsewhere = office.token("warehouse", scope={"place": ("gudang-lain",), "owner": ("*",)})
    assert slug(await office.post(f"{path}/explanation", said, token=elsewhere)) == "out-of-scope"
    assert (await office.post(f"{path}/explanation", said, token=device.token)).status_code == 403
    assert (await office.get(path, token=device.token)).status_code == 200
    assert (await office.get(path, token=office.device(new_id()).token)).status_code == 403
    assert slug(await office.post(f"/v1/to-explain/{new_id()}/explanation", said)) == "nothing-to-explain"
