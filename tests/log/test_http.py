"""The log over HTTP gives leaves byte for byte, pages that never change, and proofs an outsider can check."""

import base64
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.kit.errors import DomainError
from shared.kit.log.checkpoints import Checkpointer
from shared.kit.log.http import log_router
from shared.kit.log.keys import LogFiles
from tanggap.verifier import merkle
from tanggap.verifier.notes import parse_key, read_checkpoint
from tests.log import journal

LEAVES = journal.leaves(1_100)


async def keep_silent(note: str) -> None:
    """The stream plays no part here."""


async def authorised(request: Request) -> None:
    if request.headers.get("Authorization") != "Bearer auditor":
        raise HTTPException(401)


async def as_problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DomainError)
    return JSONResponse(error.problem.render(str), error.problem.status)


@pytest.fixture
async def client(engine: AsyncEngine) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(log_router(engine, authorised))
    app.add_exception_handler(DomainError, as_problem)
    headers = {"Authorization": "Bearer auditor"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://toy", headers=headers) as made:
        yield made


@pytest.fixture
async def log(engine: AsyncEngine, files: LogFiles) -> None:
    """1,100 leaves, signed at 700 and 1,100."""
    checkpointer = Checkpointer(engine, files, keep_silent)
    for leaves in (LEAVES[:700], LEAVES[700:]):
        async with engine.begin() as connection:
            await journal.write(connection, leaves)
        await checkpointer.sign_once()


@pytest.mark.usefixtures("log")
async def test_entries_come_byte_for_byte_and_in_order(client: httpx.AsyncClient) -> None:
    """Following `next` gives every leaf once, with its bytes; a full page may be kept for ever, the last not."""
    found: list[dict[str, Any]] = []
    caching: list[str] = []
    after: int | None = 0
    while after is not None:
        answer = await client.get("/v1/log/entries", params={"after": after})
        caching.append(answer.headers["Cache-Control"])
        found += answer.json()["entries"]
        after = answer.json()["next"]
    assert [entry["leaf"].encode() for entry in found] == LEAVES
    assert [entry["position"] for entry in found] == list(range(1, 1_101))
    assert "immutable" in caching[0]
    assert caching[-1] == "no-store"


@pytest.mark.usefixtures("log")
async def test_a_partition_is_read_by_its_own_numbers(client: httpx.AsyncClient) -> None:
    """A consumer behind the stream reads the partition's entries from its cursor on, gapless."""
    seen = 0
    for partition in range(journal.PARTITIONS):
        number = 0
        after: int | None = 0
        while after is not None:
            params = {"partition": partition, "after": after, "limit": 100}
            page = (await client.get("/v1/log/entries", params=params)).json()
            for entry in page["entries"]:
                number += 1
                assert (entry["partition"], entry["number"]) == (partition, number)
            after = page["next"]
        seen += number
    assert seen == 1_100


@pytest.mark.usefixtures("log")
async def test_checkpoints_and_tiles_cover_the_log(client: httpx.AsyncClient, files: LogFiles) -> None:
    """The notes are signed by the log's key, and the tiles are the leaves' hashes."""
    key = parse_key(files.public.read_text())
    latest = read_checkpoint((await client.get("/v1/log/checkpoint")).text, [key])
    assert (latest.size, latest.signed_by) == (1_100, (key,))
    page = (await client.get("/v1/log/checkpoints", params={"after": 0})).json()
    assert [read_checkpoint(note, [key]).size for note in page["checkpoints"]] == [700, 1_100]
    assert page["next"] is None
    assert (await client.get("/v1/log/checkpoints", params={"after": 700})).json()["checkpoints"] == [
        page["checkpoints"][1]
    ]
    hashes = (await client.get("/v1/log/tiles")).content
    assert hashes == b"".join(merkle.leaf_hash(leaf) for leaf in LEAVES)
    assert (await client.get("/v1/log/tiles", params={"first": 1, "limit": 2})).content == hashes[8192 : 3 * 8192]


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(("position", "size"), [(1, 1), (1, 700), (700, 700), (257, 1_000), (1_100, 1_100)])
async def test_inclusion_proof_convinces_the_independent_verifier(
    client: httpx.AsyncClient, position: int, size: int
) -> None:
    """A proof from the service leads from the leaf's bytes to the root."""
    proof = (await client.get("/v1/log/proof/inclusion", params={"position": position, "size": size})).json()
    hashes = [base64.b64decode(text) for text in proof["hashes"]]
    leaf_hash = merkle.leaf_hash(LEAVES[position - 1])
    assert base64.b64decode(proof["leaf_hash"]) == leaf_hash
    root = merkle.root_from_inclusion(leaf_hash, position - 1, size, hashes)
    assert root == base64.b64decode(proof["root"])
    assert (proof["checkpoint"] is not None) == (size in (700, 1_100))


@pytest.mark.usefixtures("log")
async def test_consistency_proof_convinces_the_independent_verifier(client: httpx.AsyncClient) -> None:
    """A proof from the service leads from the older root to the newer one."""
    for old, new in [(1, 2), (256, 257), (700, 1_100), (513, 1_024), (1_100, 1_100)]:
        proof = (await client.get("/v1/log/proof/consistency", params={"from": old, "to": new})).json()
        roots = base64.b64decode(proof["from_root"]), base64.b64decode(proof["to_root"])
        hashes = [base64.b64decode(text) for text in proof["hashes"]]
        assert merkle.roots_from_consistency(old, new, roots[0], hashes) == roots


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(
    "path",
    [
        "proof/inclusion?position=1101",
        "proof/inclusion?position=5&size=4",
        "proof/inclusion?position=5&size=2000",
        "proof/consistency?from=5&to=4",
        "proof/consistency?from=5&to=2000",
    ],
)
async def test_proofs_beyond_the_signed_log_are_a_problem_that_says_so(client: httpx.AsyncClient, path: str) -> None:
    """Nothing is proved that is not signed; the problem names how much is."""
    answer = await client.get(f"/v1/log/{path}")
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:tanggap:problem:log-beyond-signed"
    assert "1100" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["checkpoint", "proof/inclusion?position=1", "proof/consistency?from=1"])
async def test_a_log_that_is_not_opened_is_a_problem(client: httpx.AsyncClient, path: str) -> None:
    """Before the first signature there is nothing to show, and that is said."""
    answer = await client.get(f"/v1/log/{path}")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:tanggap:problem:log-nothing-signed")


async def test_a_log_that_is_not_opened_has_no_entries(client: httpx.AsyncClient) -> None:
    """An empty log answers with an empty page."""
    assert orjson.loads((await client.get("/v1/log/entries")).content) == {"entries": [], "next": None}


@pytest.mark.parametrize("path", ["checkpoint", "checkpoints", "entries", "tiles", "proof/inclusion?position=1"])
async def test_without_a_token_nothing_is_shown(client: httpx.AsyncClient, path: str) -> None:
    """Every route asks the authorisation it was given."""
    answer = await client.get(f"/v1/log/{path}", headers={"Authorization": ""})
    assert answer.status_code == 401


@pytest.mark.parametrize("query", ["after=-1", "after=9223372036854775808", "limit=0", "limit=1025", "partition=x"])
async def test_malformed_paging_is_refused(client: httpx.AsyncClient, query: str) -> None:
    """Numbers outside the log's own limits never reach the database."""
    assert (await client.get(f"/v1/log/entries?{query}")).status_code == 422
