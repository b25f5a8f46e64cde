"""The log over HTTP: checkpoints, raw leaves, tiles and proofs, for auditors and for services catching up.

Owns the routes under `/v1/log`. Reads only; who may read is the caller's dependency. Leaves go out as JSON strings
whose UTF-8 bytes are the leaf: nothing is parsed or written anew.
"""

import base64
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Annotated, Any

import orjson
import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.kit.errors import DomainError
from shared.kit.log import merkle, tables, tiles

PAGE_LEAVES = 1_024
PAGE_CHECKPOINTS = 1_000
PAGE_TILES = 256
# A full page can never change: the log only grows. Its readers are authenticated, so no shared cache keeps it.
IMMUTABLE = "private, max-age=31536000, immutable"
CHANGING = "no-store"
_BIGINT_MAX = 2**63 - 1

Position = Annotated[int, Query(ge=1, le=_BIGINT_MAX)]
After = Annotated[int, Query(ge=0, le=_BIGINT_MAX)]


class NothingSigned(DomainError):
    """The log was not opened yet, or nothing of it is signed."""

    slug = "log-nothing-signed"
    status = 404
    detail = "Nothing of this log is signed yet."
    next_step = "Try again in a few seconds."


class BeyondLog(DomainError):
    """A proof was asked for over more leaves than are signed."""

    slug = "log-beyond-signed"
    status = 404
    detail = "The log has signed %(signed)s leaves; %(asked)s is beyond them."
    next_step = "Ask for a position and a size up to the latest checkpoint, and a position up to the size."


def log_router(engine: AsyncEngine, authorised: Callable[..., Any]) -> APIRouter:
    """The routes of a service's log. `authorised` lets through auditors, operators and services alone."""
    router = APIRouter(prefix="/v1/log", tags=["log"], dependencies=[Depends(authorised)])

    async def connection() -> AsyncIterator[AsyncConnection]:
        async with engine.connect() as opened:
            await opened.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            yield opened

    reading = Annotated[AsyncConnection, Depends(connection)]
    _add_checkpoints(router, reading)
    _add_entries(router, reading)
    _add_proofs(router, reading)
    return router


def _add_checkpoints(router: APIRouter, reading: Any) -> None:
    @router.get("/checkpoint", response_class=Response)
    async def latest_checkpoint(connection: reading) -> Response:
        """The latest checkpoint, as a C2SP signed note."""
        signed = await _latest(connection)
        return Response(signed.note, media_type="text/plain; charset=utf-8", headers={"Cache-Control": CHANGING})

    @router.get("/checkpoints", response_class=Response)
    async def checkpoints(connection: reading, after: After = 0) -> Response:
        """Up to 1,000 checkpoints over more than `after` leaves, smallest first: {checkpoints: [note], next}."""
        table = tables.checkpoint
        query = sa.select(table.c.size, table.c.note).where(table.c.size > after).order_by(table.c.size)
        rows = (await connection.execute(query.limit(PAGE_CHECKPOINTS))).all()
        full = len(rows) == PAGE_CHECKPOINTS
        return _json({"checkpoints": [row.note for row in rows], "next": rows[-1].size if full else None}, full=full)


def _add_entries(router: APIRouter, reading: Any) -> None:
    @router.get("/entries", response_class=Response)
    async def entries(
        connection: reading,
        after: After = 0,
        limit: Annotated[int, Query(ge=1, le=PAGE_LEAVES)] = PAGE_LEAVES,
        partition: Annotated[int | None, Query(ge=0, le=32_767)] = None,
    ) -> Response:
        """Raw leaves by position, or by number within a partition.

        {entries: [{position, partition, number, leaf}], next}
        `after` is a position, or a number where `partition` is given; `next` is the next page's `after`, null on
        the last page. The UTF-8 bytes of `leaf` are what was logged and hashed.
        """
        table = tables.entry
        key = table.c.position if partition is None else table.c.number
        query = sa.select(table.c.position, table.c.partition, table.c.number, table.c.leaf).where(key > after)
        if partition is not None:
            query = query.where(table.c.partition == partition)
        rows = (await connection.execute(query.order_by(key).limit(limit))).all()
        full = len(rows) == limit
        last = rows[-1] if full else None
        page = [
            {"position": position, "partition": part, "number": number, "leaf": leaf.decode()}
            for position, part, number, leaf in rows
        ]
        following = None if last is None else last.position if partition is None else last.number
        return _json({"entries": page, "next": following}, full=full)

    @router.get("/tiles", response_class=Response)
    async def stored_tiles(
        connection: reading,
        level: Annotated[int, Query(ge=0, le=7)] = 0,
        first: After = 0,
        limit: Annotated[int, Query(ge=1, le=PAGE_TILES)] = PAGE_TILES,
    ) -> Response:
        """The hashes of neighbouring tiles, 32 bytes each, 256 a tile; the last may be shorter."""
        table = tables.tile
        query = sa.select(table.c.hashes).where(table.c.level == level, table.c.index >= first)
        rows = list(await connection.scalars(query.order_by(table.c.index).limit(limit)))
        joined = b"".join(rows)
        full = len(joined) == limit * merkle.TILE_WIDTH * merkle.HASH_BYTES
        headers = {"Cache-Control": IMMUTABLE if full else CHANGING}
        return Response(joined, media_type="application/octet-stream", headers=headers)


def _add_proofs(router: APIRouter, reading: Any) -> None:
    @router.get("/proof/inclusion", response_class=Response)
    async def inclusion(connection: reading, position: Position, size: Position | None = None) -> Response:
        """That the leaf at `position` is in the tree of `size` leaves (the latest checkpoint's, if not given).

        {position, size, leaf_hash, hashes, root, checkpoint}: hashes in base64, lowest first, as RFC 6962 orders
        them; `checkpoint` is the signed note over that size, null if none was signed over exactly it.
        """
        signed = await _latest(connection)
        size = signed.checkpoint.size if size is None else size
        if not position <= size <= signed.checkpoint.size:
            raise BeyondLog(signed=signed.checkpoint.size, asked=max(position, size))
        leaf = merkle.Span(position - 1, position)
        spans = [leaf, *merkle.inclusion_spans(position - 1, size), merkle.Span(0, size)]
        leaf_hash, *hashes, root = await tiles.span_hashes(connection, spans)
        answer = {"position": position, "size": size, "leaf_hash": _text(leaf_hash), "hashes": _texts(hashes)}
        note = await _note_at(connection, size)
        return _json(answer | {"root": _text(root), "checkpoint": note}, full=note is not None)

    @router.get("/proof/consistency", response_class=Response)
    async def consistency(
        connection: reading,
        from_: Annotated[int, Query(alias="from", ge=1, le=_BIGINT_MAX)],
        to: Position | None = None,
    ) -> Response:
        """That the tree of `to` leaves (the latest checkpoint's, if not given) extends the one of `from` leaves.

        {from, to, hashes, from_root, to_root}, hashes in base64 as RFC 6962 orders them.
        """
        signed = await _latest(connection)
        to = signed.checkpoint.size if to is None else to
        if not from_ <= to <= signed.checkpoint.size:
            raise BeyondLog(signed=signed.checkpoint.size, asked=max(from_, to))
        spans = [merkle.Span(0, from_), *merkle.consistency_spans(from_, to), merkle.Span(0, to)]
        old_root, *hashes, new_root = await tiles.span_hashes(connection, spans)
        answer = {"from": from_, "to": to, "hashes": _texts(hashes)}
        return _json(answer | {"from_root": _text(old_root), "to_root": _text(new_root)}, full=True)


async def _latest(connection: AsyncConnection) -> tiles.Signed:
    head = await tiles.read_head(connection)
    signed = await tiles.latest_signed(connection, head.origin) if head else None
    if signed is None:
        raise NothingSigned
    return signed


async def _note_at(connection: AsyncConnection, size: int) -> str | None:
    query = sa.select(tables.checkpoint.c.note).where(tables.checkpoint.c.size == size)
    note: str | None = await connection.scalar(query)
    return note


def _json(answer: dict[str, Any], *, full: bool) -> Response:
    headers = {"Cache-Control": IMMUTABLE if full else CHANGING}
    return Response(orjson.dumps(answer), media_type="application/json", headers=headers)


def _text(hashed: bytes) -> str:
    return base64.b64encode(hashed).decode()


def _texts(hashes: Sequence[bytes]) -> list[str]:
    return [_text(hashed) for hashed in hashes]
