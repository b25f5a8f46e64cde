"""Batches from the field: one bad item never holds back the others, and every item gets its answer."""

import json
import uuid
from typing import Any

import httpx
import pytest

from tests.kit_http.test_problems import assert_problem
from tests.kit_http.toy import NIK, Toy

BATCH = {"Content-Type": "application/cloudevents-batch+json"}
SINGLE = {"Content-Type": "application/cloudevents+json; charset=UTF-8"}


def note(text: str = "a", **changes: Any) -> dict[str, Any]:
    """An event as a phone sends it."""
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": "urn:tanggap:test:post:1",
        "type": "post.note.v1",
        "time": "2026-11-24T01:02:03Z",
        "data": {"text_code": text},
        **changes,
    }
    return {name: value for name, value in event.items() if value is not None}


async def send(client: httpx.AsyncClient, *events: Any) -> list[dict[str, Any]]:
    response = await client.post("/v1/events", content=json.dumps(events), headers=BATCH)
    assert response.status_code == 200, response.text
    items: list[dict[str, Any]] = response.json()["items"]
    assert len(items) == len(events)
    return items


async def test_batch_is_answered_item_by_item_in_order(client: httpx.AsyncClient, toy: Toy) -> None:
    """Accepted, refused, failed and invalid items stand side by side; the good ones are kept."""
    events: list[Any] = [note(), note("refuse"), note("fail"), note("UPPER"), note(id=NIK), "text", note("b")]
    items = await send(client, *events)
    assert [item["status"] for item in items] == [
        "accepted", "refused", "failed", "invalid", "invalid", "invalid", "accepted",
    ]  # fmt: skip
    assert [item["http_status"] for item in items] == [201, 409, 500, 422, 422, 422, 201]
    assert [item.get("id") for item in items] == [event["id"] for event in events[:4]] + [None, None, events[6]["id"]]
    assert items[0]["flags"] == ["late"]
    assert items[1]["problem"]["type"] == "urn:tanggap:problem:note-refused"
    assert items[3]["problem"]["errors"] == [
        {"location": "text_code", "message": "The text does not have the expected form."}
    ]
    assert toy.crates.stored == 2
    assert NIK not in json.dumps(items) + toy.log.getvalue()


async def test_resent_event_gets_its_first_answer(client: httpx.AsyncClient, toy: Toy) -> None:
    """The event's id is its idempotency key."""
    event = note()
    first, again = await send(client, event, event)
    assert again == {**first, "replayed": True}
    changed, _ = await send(client, {**event, "data": {"text_code": "other"}}, event)
    assert (changed["status"], changed["http_status"]) == ("invalid", 422)
    assert changed["problem"]["type"] == "urn:tanggap:problem:idempotency-key-reused"
    assert toy.crates.stored == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"specversion": "0.3"},
        {"specversion": None},
        {"id": "1"},
        {"id": 1},
        {"id": str(uuid.uuid4()).upper()},
        {"type": None},
        {"type": ""},
        {"source": 3},
        {"time": "x" * 600},
        {"data": None},
        {"data": [1]},
        {"datacontenttype": "text/xml"},
        {"data": {"text_code": 1.5}},
        {"data": {"text_code": "a\u0000"}},
        {"data": {"text_code": 2**53}},
    ],
)
async def test_item_that_is_no_event_is_invalid_alone(client: httpx.AsyncClient, changes: dict[str, Any]) -> None:
    """The envelope's attributes are checked an item; its neighbours are kept."""
    before, bad, after = await send(client, note(), note(**changes), note())
    assert bad["status"] == "invalid"
    assert bad["http_status"] in (400, 422)
    assert before["status"] == after["status"] == "accepted"


async def test_key_twice_in_one_item_leaves_the_others(client: httpx.AsyncClient) -> None:
    """An item whose text holds a key twice could be read in two ways: it alone is refused."""
    good, bad = json.dumps(note()), json.dumps(note())
    bad = bad.replace('"text_code": "a"', '"text_code": "a", "text_code": "b"')
    response = await client.post("/v1/events", content=f"[{good},{bad}]", headers=BATCH)
    assert [item["status"] for item in response.json()["items"]] == ["accepted", "invalid"]


async def test_single_event_is_answered_like_a_batch_of_one(client: httpx.AsyncClient) -> None:
    """CloudEvents' structured mode."""
    response = await client.post("/v1/events", content=json.dumps(note()), headers=SINGLE)
    assert [item["status"] for item in response.json()["items"]] == ["accepted"]


@pytest.mark.parametrize(
    ("body", "headers", "status", "slug"),
    [
        ("[]", BATCH, 422, "batch-invalid"),
        ("{}", BATCH, 422, "batch-invalid"),
        ("[]", SINGLE, 422, "batch-invalid"),
        ("null", SINGLE, 422, "batch-invalid"),
        ("[{]", BATCH, 400, "json-unparseable"),
        ("", BATCH, 400, "json-unparseable"),
        (json.dumps([{}] * 201), BATCH, 413, "batch-too-long"),
        ("[]", {"Content-Type": "application/json"}, 415, "media-type-not-accepted"),
    ],
)
async def test_body_that_is_no_batch_is_a_problem(
    client: httpx.AsyncClient, body: str, headers: dict[str, str], status: int, slug: str
) -> None:
    """Where no item can be told from another, the whole request is the problem."""
    assert_problem(await client.post("/v1/events", content=body, headers=headers), status, slug)


async def test_batch_at_the_limit_is_taken(client: httpx.AsyncClient, toy: Toy) -> None:
    """200 events at once."""
    items = await send(client, *(note() for _ in range(200)))
    assert {item["status"] for item in items} == {"accepted"}
    assert toy.crates.stored == 200
