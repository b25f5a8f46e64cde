"""Facts and reversals that reach a closed period, over HTTP on real servers, day after day.

Goal: the signed figures never change, and what came late stands in the open period, marked and linked. Method: a post
in a store is silent over the closing of its owner's book; its reports arrive a day later, one is taken back, and the
next period is closed over both.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from shared.kit import clock
from tests.logistics.builders import DISASTER, new_id
from tests.logistics.office import Device, Office, ago, line
from tests.logistics.own_supply import Supply, rebuilt_otherwise, reversed_movement

pytestmark = pytest.mark.anyio

WORTH: dict[str, Any] = {"unit_value_idr": 15_000, "valued_quantity": 1_000, "value_basis": "cost"}


def later(days: int) -> Any:
    """The same office, some days from now."""
    return time_machine.travel(clock.now() + timedelta(days=days))


def awake(office: Office, device: Device) -> Device:
    """The post with the token it has by now: the first day's has expired."""
    scope = {"post": (device.post_id,), "area": ("62.06",)}
    device.token = office.token("post", subject=device.post_id, scope=scope, device_id=device.device_id)
    return device


class Book:
    """An owner's book as the office reads it."""

    def __init__(self, office: Office, owner: str, item: str) -> None:
        self.office, self.owner, self.item = office, owner, item

    async def close(self, until: date) -> None:
        await self.office.done(f"/v1/periods/{self.owner}/close", {"until": until.isoformat()})

    async def shown(self, until: date) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
        """The item's figures as closed and as known now, and what differs."""
        found = await self.office.seen(f"/v1/periods/{self.owner}/{until}")
        return self._of(found["as_closed"]), self._of(found["as_known_now"]), found["differences"]

    async def corrections(self, until: date) -> list[dict[str, Any]]:
        return await self.office.items(f"/v1/periods/{self.owner}/{until}/corrections")

    def _of(self, content: dict[str, Any]) -> dict[str, Any]:
        one: dict[str, Any]
        (one,) = [line for line in content["lines"] if line["item_code"] == self.item]
        return one


async def test_what_reaches_a_closed_period_stands_in_the_open_one(
    office: Office, make_database: Callable[[], str]
) -> None:
    """A hand-out and a count of the first day arrive on the second; the hand-out was wrong and is taken back."""
    supply = await Supply(office, store=new_id()).opened()
    book = Book(office, "regency:62.06", supply.item)
    lot = await supply.received(1_000, **WORTH)
    first, second = office.runtime.today(), office.runtime.today() + timedelta(days=1)
    device = office.device(supply.store)
    handout = device.handout(DISASTER, {"lot_id": lot, "quantity": 100}, time=ago(minutes=0))
    arrival = device.arrival(await supply.sent(300), line(lot, 280, missing=20), time=ago(minutes=0))

    with later(1):
        await book.close(first)
        as_closed, _, differences = await book.shown(first)
        assert (as_closed["closing"], differences) == ({"quantity": 1_000, "value_idr": 15_000}, [])
        told = await awake(office, device).send(handout, arrival)
        assert [one["status"] for one in told] == ["accepted", "accepted"]
        assert "prior_period" in told[0]["flags"]

        corrections = await book.corrections(first)
        assert {(one["reason"], one["quantity"]) for one in corrections} == {
            ("hand_out", 100),
            ("delivery", 280),
            ("loss", 20),
        }
        for one in corrections:
            assert (one["occurred_on"], one["moved_on"]) == (first.isoformat(), second.isoformat())
            assert "prior_period" in one["flags"]
        assert {one["cause"].partition("/")[0] for one in corrections} == {"handout", "shipment"}

        then, known, differences = await book.shown(first)
        assert then == as_closed
        assert known["closing"] == {"quantity": 880, "value_idr": 13_200}
        assert known["outgoing"]["quantity"] == -100
        assert [one["closing"]["quantity"] for one in differences] == [-120]

        wrong = next(one for one in corrections if one["reason"] == "hand_out")
        reversal = await reversed_movement(office, wrong["event_id"])
        (back,) = [one for one in await book.corrections(first) if one["event_id"] == reversal]
        assert (back["reverses"], back["occurred_on"]) == (wrong["event_id"], first.isoformat())
        _, known, _ = await book.shown(first)
        assert known["closing"]["quantity"] == 980

    with later(2):
        await book.close(second)
        following, _, _ = await book.shown(second)
        assert (following["opening"], following["prior_period"]["quantity"]) == (as_closed["closing"], -20)
        assert following["closing"] == {"quantity": 980, "value_idr": 14_700}
        assert await book.corrections(second) == []
        then, _, _ = await book.shown(first)
        assert then == as_closed
        assert await rebuilt_otherwise(office, make_database()) == []
