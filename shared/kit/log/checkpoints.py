"""Signing the log: one checkpoint after the other, each shown to extend the last before it is signed.

Owns when and over what the log signs. Reads back the bytes that are stored, never the writer's memory. Must not
append to the log, and never repairs it: what does not fit stops the signing (`shared.kit.log.errors`).
"""

import asyncio
from collections.abc import Awaitable, Callable

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.kit.clock import now
from shared.kit.log import merkle, tables, tiles
from shared.kit.log.errors import LogBehind, LogDamaged, LogError, LogForked
from shared.kit.log.keys import LogFiles, load_signers
from shared.kit.log.notes import Checkpoint, parse, sign

INTERVAL_SECONDS = 1.0
LEAVES_DUE = 1_000
LEAVES_A_CHECKPOINT_MAX = 65_536
RETRY_SECONDS = 1.0
# One number for all databases: each service has a database of its own. It spells "tlog".
SIGNING_LOCK = 0x746C6F67

Publish = Callable[[str], Awaitable[None]]
_log = structlog.get_logger(__name__)


class Checkpointer:
    """Signs what was written, at most once a second or each 1,000 leaves, whichever comes first.

    Replicas may all run one: an advisory lock lets one sign at a time, and whoever signs starts from the last
    checkpoint in the database.
    """

    def __init__(
        self, engine: AsyncEngine, files: LogFiles, publish: Publish, *, interval_seconds: float = INTERVAL_SECONDS
    ) -> None:
        self._engine = engine
        self._files = files
        self._publish = publish
        self._interval_seconds = interval_seconds
        self._woken = asyncio.Event()
        self._written = 0
        self._unpublished: str | None = None
        self.signed = 0
        self.failure: LogError | None = None

    def wake(self, position: int = 0) -> None:
        """Say that the log was written, up to this position: a thousand unsigned leaves are signed at once."""
        self._written = max(self._written, position)
        if self._written - self.signed >= LEAVES_DUE:
            self._woken.set()

    async def run(self) -> None:
        """Sign until cancelled. An unreachable database or broker is tried again.

        Raises: LogError when the log may not be signed any more; it stays in `failure`.
        """
        while True:
            try:
                while await self.sign_once() and self._written - self.signed >= LEAVES_DUE:
                    continue
                await self._wait()
            except LogError as error:
                self.failure = error
                _log.error("log_signing_stopped", slug=error.slug)
                raise
            except (DBAPIError, OSError, TimeoutError) as error:
                _log.warning("log_signing_postponed", error=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    async def _wait(self) -> None:
        self._woken.clear()
        if self._written - self.signed >= LEAVES_DUE:
            return
        try:
            async with asyncio.timeout(self._interval_seconds):
                await self._woken.wait()
        except TimeoutError:
            return

    async def sign_once(self) -> Checkpoint | None:
        """Sign what is new, if anything is and no other replica is signing; then hand the note on.

        Raises: LogError.
        """
        signed = None
        if await self._has_news():
            async with self._engine.begin() as connection:
                if await connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(SIGNING_LOCK))):
                    signed = await self._sign(connection)
        if signed is not None:
            self.signed, self._unpublished = signed.checkpoint.size, signed.note
        await self._hand_on()
        return signed.checkpoint if signed else None

    async def _has_news(self) -> bool:
        signed = sa.select(sa.func.coalesce(sa.func.max(tables.checkpoint.c.size), 0)).scalar_subquery()
        async with self._engine.connect() as connection:
            row = (await connection.execute(sa.select(tables.head.c.position, signed.label("signed")))).one_or_none()
        if row is None:
            return False
        self.signed, self._written = row.signed, max(self._written, row.position)
        return bool(row.position != row.signed)

    async def _sign(self, connection: AsyncConnection) -> tiles.Signed | None:
        head = await tiles.open_head(connection)
        last = await tiles.latest_signed(connection, head.origin)
        edge = await self._last_signed_edge(connection, last)
        if head.position == edge.size:
            return None
        if head.position < edge.size:
            raise LogBehind(f"{edge.size} leaves are signed, the log has {head.position}")
        kept = await asyncio.to_thread(self._kept, head)
        target = min(head.position, edge.size + LEAVES_A_CHECKPOINT_MAX)
        changed = await _extend(connection, edge, kept, target)
        checkpoint = Checkpoint(head.origin, edge.size, edge.root())
        note = await asyncio.to_thread(self._sign_and_keep, checkpoint)
        await tiles.write_tiles(connection, changed)
        await connection.execute(
            sa.insert(tables.checkpoint).values(size=checkpoint.size, root=checkpoint.root, note=note, signed_at=now())
        )
        return tiles.Signed(checkpoint, note)

    async def _last_signed_edge(self, connection: AsyncConnection, last: tiles.Signed | None) -> merkle.RightEdge:
        if last is None:
            return merkle.RightEdge()
        edge = await tiles.edge_at(connection, last.checkpoint.size)
        if edge.root() != last.checkpoint.root or parse(last.note) != last.checkpoint:
            raise LogDamaged(f"tiles and checkpoint disagree at {last.checkpoint.size} leaves")
        return edge

    def _kept(self, head: tiles.Head) -> Checkpoint | None:
        """The checkpoint kept outside the database, if the log reaches it. Raises: LogBehind, LogForked."""
        note = self._files.kept()
        if note is None:
            return None
        kept = parse(note)
        if kept.origin != head.origin:
            raise LogForked("the kept checkpoint belongs to another log")
        if kept.size > head.position:
            raise LogBehind(f"a checkpoint over {kept.size} leaves is kept, the log has {head.position}")
        return kept

    def _sign_and_keep(self, checkpoint: Checkpoint) -> str:
        """Why first the file, then the database: nothing signed may ever be visible that is not kept outside."""
        note = sign(checkpoint, load_signers(self._files, checkpoint.origin))
        self._files.keep(note)
        return note

    async def _hand_on(self) -> None:
        if self._unpublished is None:
            return
        note = self._unpublished
        try:
            await self._publish(note)
        # Whatever the broker's client raises, the note stays to be sent.
        except Exception as error:
            _log.warning("checkpoint_not_published", error=type(error).__name__)
            return
        if self._unpublished == note:
            self._unpublished = None


async def _extend(
    connection: AsyncConnection, edge: merkle.RightEdge, kept: Checkpoint | None, target: int
) -> dict[tuple[int, int], bytes]:
    """Hash the stored leaves up to `target` into the edge; the root on the way must be the kept checkpoint's."""
    changed: dict[tuple[int, int], bytes] = {}
    stops = [kept.size, target] if kept and edge.size <= kept.size < target else [target]
    for stop in stops:
        async for leaves in tiles.read_leaves(connection, edge.size, stop):
            changed.update(edge.extend(merkle.leaf_hashes(leaves)))
        if kept and kept.size == stop and edge.root() != kept.root:
            raise LogForked(f"the log's root at {stop} leaves is not the one that was signed")
    return changed
