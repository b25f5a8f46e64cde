"""Office commands: safe to repeat, answered once; lists page by page."""

import httpx
import pytest

from shared.kit.http.idempotency import fingerprint
from shared.kit.http.paging import encode_cursor
from tests.kit_http.test_problems import GOOD, KEY, assert_problem
from tests.kit_http.toy import Toy

SECRET = b"k" * 32


async def test_command_is_answered_with_its_events(client: httpx.AsyncClient) -> None:
    """201 names the events and the position up to which reading shows them."""
    response = await client.post("/v1/crates", json=GOOD, headers=KEY)
    assert response.status_code == 201
    assert response.json()["position"] == 1
    assert response.json()["events"][0]["type"] == "toy.crate_kept.v1"
    assert "idempotency-replayed" not in response.headers


async def test_repeated_command_gets_its_first_answer(client: httpx.AsyncClient, toy: Toy) -> None:
    """The same key and content is done once; key order and traceparent do not matter."""
    first = await client.post("/v1/crates", json=GOOD, headers=KEY)
    again = await client.post("/v1/crates", json=dict(reversed(GOOD.items())), headers=KEY)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == first.json()
    assert toy.crates.stored == 1


async def test_key_reused_for_something_else_is_a_problem(client: httpx.AsyncClient, toy: Toy) -> None:
    """The same key with other content does nothing."""
    await client.post("/v1/crates", json=GOOD, headers=KEY)
    response = await client.post("/v1/crates", json={**GOOD, "count": 2}, headers=KEY)
    assert_problem(response, 422, "idempotency-key-reused")
    assert toy.crates.stored == 1


@pytest.mark.parametrize("key", [None, "", "short", "x" * 129, "with a space", "ümlaut-key"])
async def test_command_without_a_proper_key_is_a_problem(client: httpx.AsyncClient, key: str | None) -> None:
    """8 to 128 visible ASCII characters."""
    headers = {} if key is None else {"Idempotency-Key": key.encode()}
    response = await client.post("/v1/crates", json=GOOD, headers=headers)  # type: ignore[arg-type]
    assert_problem(response, 400, "idempotency-key-missing")


async def test_two_keys_are_none(client: httpx.AsyncClient) -> None:
    """Which of two keys was meant cannot be known."""
    headers = [("Idempotency-Key", "key-00000001"), ("Idempotency-Key", "key-00000002")]
    assert_problem(await client.post("/v1/crates", json=GOOD, headers=headers), 400, "idempotency-key-missing")


async def test_refusal_is_told_with_its_own_status_and_marked_when_replayed(
    client: httpx.AsyncClient, toy: Toy
) -> None:
    """A rule's refusal is a problem of its slug."""
    client.headers["Authorization"] = f"Bearer {toy.token('clerk', 'approver')}"
    response = await client.post("/v1/refused")
    assert_problem(response, 403, "toy-refused")
    assert response.headers["idempotency-replayed"] == "true"


def test_fingerprint_differs_with_method_path_content_and_secret() -> None:
    """Only `traceparent` may differ between two sendings of the same thing."""
    base = fingerprint(SECRET, "POST", "/v1/a", {"a": 1, "b": 2})
    assert fingerprint(SECRET, "POST", "/v1/a", {"b": 2, "a": 1, "traceparent": "x"}) == base
    others = [
        fingerprint(b"o" * 32, "POST", "/v1/a", {"a": 1, "b": 2}),
        fingerprint(SECRET, "PUT", "/v1/a", {"a": 1, "b": 2}),
        fingerprint(SECRET, "POST", "/v1/b", {"a": 1, "b": 2}),
        fingerprint(SECRET, "POST", "/v1/a", {"a": 1, "b": 3}),
        fingerprint(SECRET, "POST", "/v1/a", {"a": 1, "b": {"traceparent": "x"}}),
    ]
    assert len({base, *others}) == len(others) + 1


async def test_list_is_read_to_its_end_by_following_links(client: httpx.AsyncClient) -> None:
    """Each page names the next; together they hold every row once."""
    seen: list[int] = []
    address: str | None = "/v1/crates?limit=2"
    while address:
        response = await client.get(address)
        assert response.json()["as_of"] == 7
        seen += [row["number"] for row in response.json()["items"]]
        address = response.links.get("next", {}).get("url")
        assert ("next" in response.json()) is (address is not None)
    assert seen == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "after", ["x", "%%%", "e30", encode_cursor(("1",)), encode_cursor((1, 2)), encode_cursor((2**63,)), "é"]
)
async def test_foreign_cursor_is_a_problem(client: httpx.AsyncClient, after: str) -> None:
    """A cursor is what this list gave, or a clear problem."""
    assert_problem(await client.get("/v1/crates", params={"after": after}), 400, "cursor-invalid")


@pytest.mark.parametrize("limit", ["0", "201", "-1", "x"])
async def test_page_limit_is_bounded(client: httpx.AsyncClient, limit: str) -> None:
    """At most 200 rows."""
    assert_problem(await client.get("/v1/crates", params={"limit": limit}), 422, "content-invalid")
