"""What the edge lets through: ids, limits, forms of content, rates, headers."""

import gzip
import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import APIRouter

from shared.kit.access.tokens import TokenVerifier
from shared.kit.errors import ProblemError
from shared.kit.http.app import AppParts, UnguardedRoute, create_app
from shared.kit.http.limits import RateLimiter
from tests.kit_http.test_problems import GOOD, KEY, assert_problem
from tests.kit_http.toy import INSTALLATION, NIK, Toy, settings

JSON = {"Content-Type": "application/json", **KEY}


async def test_request_id_of_the_sender_is_kept_if_it_is_a_uuid(client: httpx.AsyncClient) -> None:
    """A well-formed request id comes back; anything else is replaced, since it would be logged."""
    sent = str(uuid.uuid4())
    assert (await client.get("/health/live", headers={"X-Request-Id": sent})).headers["x-request-id"] == sent
    for bad in ("Siti Aminah", NIK, "x" * 36, ""):
        made = (await client.get("/health/live", headers={"X-Request-Id": bad})).headers["x-request-id"]
        assert uuid.UUID(made).version == 7


async def test_trace_is_continued(client: httpx.AsyncClient) -> None:
    """The trace id of the sender stays, the step is new; a malformed header begins a new trace."""
    sent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    answered = (await client.get("/health/live", headers={"traceparent": sent})).headers["traceparent"]
    assert answered.split("-")[1] == sent.split("-")[1]
    assert answered.split("-")[2] != sent.split("-")[2]
    other = (await client.get("/health/live", headers={"traceparent": sent.upper()})).headers["traceparent"]
    assert other.split("-")[1] != sent.split("-")[1]


async def test_every_answer_has_security_headers_and_no_cors(client: httpx.AsyncClient) -> None:
    """Answers are not sniffed, framed, cached or shared with other origins."""
    for path in ("/health/live", "/v1/nothing", "/v1/crates"):
        headers = (await client.get(path, headers={"Origin": "https://evil.example"})).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    ("body", "slug"),
    [
        (b"\xff\xfe", "json-unparseable"),
        (b'{"label":"\xc3\x28","count":1}', "json-unparseable"),
        (b"{", "json-unparseable"),
        (b"", "content-invalid"),
        (b'{"label":"a","count":NaN}', "json-unparseable"),
        (b'{"label":"a","count":' + b"9" * 5000 + b"}", "json-unparseable"),
        (b"[" * 100_000, "json-not-strict"),
        (b"[" * 33 + b"]" * 33, "json-not-strict"),
        (b'{"label":"a","count":1,"count":2}', "json-not-strict"),
        (b'{"label":"a","count":1,"co\\u0075nt":2}', "json-not-strict"),
        (b'{"label":"a\\u0000","count":1}', "json-not-strict"),
        (b'{"label":"\\ud800","count":1}', "json-not-strict"),
        (b'{"label":"a","count":9007199254740993}', "json-not-strict"),
        (b'{"label":"a","count":1e400}', "json-not-strict"),
        (b'{"label":"a","count":1.0}', "json-not-strict"),
    ],
)
async def test_hostile_json_is_a_clear_problem(client: httpx.AsyncClient, toy: Toy, body: bytes, slug: str) -> None:
    """What two parsers could read differently is refused before a route sees it."""
    response = await client.post("/v1/crates", content=body, headers=JSON)
    assert_problem(response, 422 if slug == "content-invalid" else 400, slug)
    assert toy.crates.stored == 0


async def test_nesting_at_the_limit_is_read(client: httpx.AsyncClient) -> None:
    """32 levels are read; the model then says what it expects."""
    body = b"[" * 32 + b"]" * 32
    assert_problem(await client.post("/v1/crates", content=body, headers=JSON), 422, "content-invalid")


async def test_pairs_of_half_characters_are_whole(client: httpx.AsyncClient) -> None:
    """An escaped character outside the first plane is two halves, and is read."""
    body = b'{"label":"\\ud83d\\ude00","count":1}'
    assert (await client.post("/v1/crates", content=body, headers=JSON)).status_code == 201


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "application/json; charset=latin-1", ""])
async def test_other_content_types_are_refused(client: httpx.AsyncClient, content_type: str) -> None:
    """415 names what is accepted."""
    headers = {"Content-Type": content_type, **KEY}
    response = await client.post("/v1/crates", content=json.dumps(GOOD), headers=headers)
    document = assert_problem(response, 415, "media-type-not-accepted")
    assert "application/json" in str(document["next_step"])


async def test_unknown_content_encoding_is_refused(client: httpx.AsyncClient) -> None:
    """Only gzip is expanded."""
    response = await client.post("/v1/crates", content=b"x", headers={**JSON, "Content-Encoding": "br"})
    assert_problem(response, 415, "encoding-not-accepted")


async def test_gzip_is_expanded(client: httpx.AsyncClient) -> None:
    """A compressed body is read as if it had come plain."""
    body = gzip.compress(json.dumps(GOOD).encode())
    response = await client.post("/v1/crates", content=body, headers={**JSON, "Content-Encoding": "gzip"})
    assert response.status_code == 201


@pytest.mark.parametrize(
    "body", [b"not gzip", gzip.compress(b'{"label":"a","count":1}' * 50)[:-9]], ids=["no gzip", "cut"]
)
async def test_damaged_gzip_is_a_problem(client: httpx.AsyncClient, body: bytes) -> None:
    """A cut or foreign stream is told as damaged."""
    response = await client.post("/v1/crates", content=body, headers={**JSON, "Content-Encoding": "gzip"})
    assert_problem(response, 400, "body-damaged")


async def test_gzip_bomb_is_stopped_at_the_limit(client: httpx.AsyncClient) -> None:
    """A small body that expands beyond the limit is refused without being expanded whole."""
    bomb = gzip.compress(b"0" * 100_000_000, compresslevel=9)
    assert len(bomb) < 256 * 1024
    response = await client.post("/v1/crates", content=bomb, headers={**JSON, "Content-Encoding": "gzip"})
    assert_problem(response, 413, "body-too-large")


async def test_oversize_body_is_refused_by_its_declared_length(client: httpx.AsyncClient) -> None:
    """The declared length decides before anything is read."""
    response = await client.post("/v1/crates", content=b"0" * (256 * 1024 + 1), headers=JSON)
    assert_problem(response, 413, "body-too-large")


async def test_oversize_stream_is_refused_while_it_comes(client: httpx.AsyncClient) -> None:
    """Without a declared length, reading stops at the limit."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += 1
            yield b"0" * 64 * 1024

    response = await client.post("/v1/crates", content=endless(), headers=JSON)
    assert_problem(response, 413, "body-too-large")
    assert sent < 20


async def test_nul_in_the_address_is_refused(client: httpx.AsyncClient) -> None:
    """A NUL never reaches a database through an address."""
    assert_problem(await client.get("/v1/crates?after=%00"), 400, "address-invalid")
    assert_problem(await client.get("/v1/crates/%00"), 400, "address-invalid")


async def test_sender_beyond_its_rate_is_told_when_to_come_back(tmp_path: Path) -> None:
    """429 tells the wait, in a header and in words; another person is not held back."""
    toy = Toy(tmp_path, rate_limit_per_minute=6, rate_burst_requests=2)
    transport = httpx.ASGITransport(app=toy.app)
    headers = {"Authorization": f"Bearer {toy.token('clerk')}", "Accept-Language": "en"}
    async with httpx.AsyncClient(transport=transport, base_url="http://toy", headers=headers) as client:
        statuses = [(await client.get("/v1/crates")).status_code for _ in range(3)]
        assert statuses == [200, 200, 429]
        response = await client.get("/v1/crates")
        assert_problem(response, 429, "too-many-requests")
        assert 1 <= int(response.headers["retry-after"]) <= 10
        assert (await client.get("/health/live")).status_code == 200


def test_bucket_fills_again_with_time() -> None:
    """One request a second after a burst of two: refused, and admitted a second later."""
    at_ns = [10**12]
    limiter = RateLimiter(per_minute=60, burst=2, clock_ns=lambda: at_ns[0])
    limiter.admit("a")
    limiter.admit("a")
    with pytest.raises(ProblemError):
        limiter.admit("a")
    limiter.admit("b")
    at_ns[0] += 10**9
    limiter.admit("a")


def test_app_with_an_unguarded_route_is_not_built(toy: Toy) -> None:
    """A route that asks for no role is a mistake that stops the start."""
    router = APIRouter()

    @router.get("/v1/open")
    async def forgotten() -> dict[str, str]:
        return {}

    parts = AppParts(
        title="Toy",
        version="1",
        settings=settings(),
        verifier=TokenVerifier(toy.keys, installation=INSTALLATION),
        metrics=toy.metrics,
        routers=[router],
    )
    with pytest.raises(UnguardedRoute, match="/v1/open"):
        create_app(parts)
