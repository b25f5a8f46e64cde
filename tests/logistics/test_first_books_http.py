"""A place's first count and everything else that moves goods, at the same time, on the real servers."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.logistics.builders import new_id
from tests.logistics.office import Office, slug

pytestmark = pytest.mark.anyio

AT_ONCE = 8
FOUND = {"item_code": "beras", "counted": 100, "found": {"owner_id": "regency:62.06"}}


async def warehouse(office: Office, place_kind: str = "warehouse") -> str:
    """A store nothing ever moved in."""
    await office.done("/v1/items:seed-catalogue")
    place_id = f"gudang-{new_id()}"
    await office.done("/v1/places", {"place_id": place_id, "place_kind": place_kind, "area_code": "62.06.05"})
    return place_id


async def submitted(office: Office, place_id: str, lines: list[dict[str, Any]], **stated: Any) -> str:
    """The id of a count that was submitted."""
    opened = await office.done("/v1/counts", {"place_id": place_id, **stated})
    count_id = str(opened["events"][0]["subject"]).partition("/")[2]
    await office.done(f"/v1/counts/{count_id}/lines", {"lines": lines})
    await office.done(f"/v1/counts/{count_id}/submission")
    return count_id


async def first_count(office: Office, place_id: str) -> str:
    """The id of a first count that waits for its second person."""
    return await submitted(office, place_id, [FOUND], purpose="opening")


async def approved(office: Office, count_id: str) -> httpx.Response:
    """The answer to a second person."""
    return await office.post(f"/v1/counts/{count_id}/approval", token=office.token(subject="officer-2"))


async def came_from(office: Office, place_id: str) -> list[str]:
    """Where a place's goods came from, in the order of the log."""
    rows = await office.items(f"/v1/places/{place_id}/card")
    return [row["other_place_id"] for row in sorted(rows, key=lambda row: row["position"])]


async def test_of_two_first_counts_approved_at_once_one_is_the_first_book(office: Office) -> None:
    """Neither had seen anything move when it was looked up; the later one is looked up again and refused."""
    places = [await warehouse(office) for _ in range(AT_ONCE)]
    counts = [await first_count(office, place_id) for place_id in places for _ in range(2)]
    answers = await asyncio.gather(*(approved(office, count_id) for count_id in counts))
    for number, place_id in enumerate(places):
        taken, refused = sorted(answers[2 * number : 2 * number + 2], key=lambda one: one.status_code)
        assert (taken.status_code, slug(refused)) == (201, "place-not-empty")
        assert await came_from(office, place_id) == ["supplier:opening"]


async def test_a_first_book_never_stands_behind_what_moved(office: Office) -> None:
    """Goods come in while the count is approved: before it they end it, after it they are ordinary goods."""
    places = [await warehouse(office) for _ in range(AT_ONCE)]
    counts = [await first_count(office, place_id) for place_id in places]
    goods = [office.receive(5, place_id=place_id) for place_id in places]
    answers = await asyncio.gather(*(approved(office, count_id) for count_id in counts), *goods)
    for place_id, answered in zip(places, answers, strict=False):
        assert isinstance(answered, httpx.Response)
        origins = await came_from(office, place_id)
        if answered.status_code == 201:
            assert origins == ["supplier:opening", "supplier"]
        else:
            assert (slug(answered), origins) == ("place-not-empty", ["supplier"])


async def test_a_store_that_was_counted_whole_was_looked_through(office: Office) -> None:
    """The check of a lumbung every six months is no second count; some lots counted are none."""
    lumbung = await warehouse(office, "lumbung")
    assert lumbung in {one["place_id"] for one in await office.items("/v1/stock-checks")}
    lot = await office.receive(100, place_id=lumbung)
    await submitted(office, lumbung, [{"lot_id": lot, "counted": 100}], whole=False)
    assert lumbung in {one["place_id"] for one in await office.items("/v1/stock-checks")}
    await submitted(office, lumbung, [{"lot_id": lot, "counted": 100}])
    assert lumbung not in {one["place_id"] for one in await office.items("/v1/stock-checks")}
