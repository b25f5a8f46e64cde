"""Which replica consumes which partition.

Owns the lease columns of the cursors and the table of running replicas. Time is the database's. A lease only says
who should work: a stale owner is stopped by the lease's epoch in the statement that moves the cursor.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.database import Database
from shared.kit.streams.cursors import Cursor, Lease, cursor_of, lease_end
from shared.kit.streams.tables import cursor as table
from shared.kit.streams.tables import replica

Place = tuple[str, int]  # source, partition


@dataclass(frozen=True, slots=True)
class Claim:
    """A lease just taken, the cursor it comes with, and whether its last owner died holding it."""

    lease: Lease
    cursor: Cursor
    unclean: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What a round changed: leases taken, leases that turned out to be lost, leases to give up to other replicas."""

    claimed: tuple[Claim, ...]
    lost: tuple[Lease, ...]
    excess: tuple[Lease, ...]


class Leases:
    """The leases of one process. `round` is called several times a lease."""

    def __init__(self, database: Database, sources: Sequence[str], *, lease_s: float, owner: str | None = None) -> None:
        self.owner = owner or uuid.uuid4().hex
        self.held: dict[Place, Lease] = {}
        self._database = database
        self._sources = tuple(sources)
        self._lease_s = lease_s

    async def round(self) -> Change:
        """Renew what is held, find what was lost, and take or offer partitions up to a fair share."""
        async with self._database.transaction() as connection:
            replicas = await self._sign_in(connection)
            await self._renew(connection)
            rows = (await connection.execute(_ALL, {"sources": self._sources})).all()
            lost = [lease for lease in self.held.values() if not _still_held(lease, rows)]
            kept = [lease for lease in self.held.values() if lease not in lost]
            share = -(-len(rows) // replicas)
            free = [row for row in rows if self._is_free(row, kept)]
            wanted = free[: max(0, share - len(kept))]
            claimed = [claim for row in wanted if (claim := await self._claim(connection, row)) is not None]
        self.held = {(lease.source, lease.partition): lease for lease in (*kept, *(each.lease for each in claimed))}
        return Change(tuple(claimed), tuple(lost), tuple(kept[share:]))

    async def release(self, lease: Lease) -> None:
        """Give a lease back after a clean stop, so that the next owner need not wait or suspect anything."""
        statement = sa.update(table).where(*_is(lease.source, lease.partition))
        statement = statement.where(table.c.lease_owner == lease.owner, table.c.lease_epoch == lease.epoch)
        async with self._database.transaction() as connection:
            await connection.execute(statement.values(lease_owner=None, lease_until=None))
        if self.held.get((lease.source, lease.partition)) == lease:
            del self.held[lease.source, lease.partition]

    async def leave(self) -> None:
        """Sign out: the others share what this replica had."""
        async with self._database.transaction() as connection:
            await connection.execute(sa.delete(replica).where(replica.c.owner == self.owner))

    async def _sign_in(self, connection: AsyncConnection) -> int:
        """Say that this replica runs; how many do."""
        until = lease_end(self._lease_s)
        signed = insert(replica).values(owner=self.owner, alive_until=until)
        await connection.execute(
            signed.on_conflict_do_update(index_elements=[replica.c.owner], set_={"alive_until": until})
        )
        await connection.execute(sa.delete(replica).where(replica.c.owner.in_(_GONE)))
        alive = sa.select(sa.func.count()).where(replica.c.alive_until > sa.func.now())
        return max(1, (await connection.execute(alive)).scalar_one())

    async def _renew(self, connection: AsyncConnection) -> None:
        """Renew the held leases whose row is not locked: a row locked by our own batch is renewed by that batch.

        Waiting for one long batch here would let all other leases run out.
        """
        if not self.held:
            return
        held = [(lease.source, lease.partition, lease.epoch) for lease in self.held.values()]
        named = sa.tuple_(table.c.source, table.c.partition, table.c.lease_epoch).in_(held)
        free = sa.select(table.c.source, table.c.partition).where(named, table.c.lease_owner == self.owner)
        renewed = sa.tuple_(table.c.source, table.c.partition).in_(free.with_for_update(skip_locked=True))
        await connection.execute(sa.update(table).where(renewed).values(lease_until=lease_end(self._lease_s)))

    def _is_free(self, row: sa.Row[Any], kept: Sequence[Lease]) -> bool:
        """Free, expired, or ours without our knowing: the answer to an earlier claim was lost."""
        if row.lease_owner == self.owner:
            return all((lease.source, lease.partition) != (row.source, row.partition) for lease in kept)
        return row.lease_owner is None or bool(row.expired)

    async def _claim(self, connection: AsyncConnection, row: sa.Row[Any]) -> Claim | None:
        """Take one lease unless somebody is using it at this moment."""
        usable = sa.or_(
            table.c.lease_owner.is_(None),
            table.c.lease_owner == self.owner,
            table.c.lease_until <= sa.func.now(),
        )
        query = sa.select(table).where(*_is(row.source, row.partition), usable).with_for_update(skip_locked=True)
        found = (await connection.execute(query)).one_or_none()
        if found is None:
            return None
        lease = Lease(row.source, row.partition, self.owner, found.lease_epoch + 1)
        statement = sa.update(table).where(*_is(row.source, row.partition))
        until = lease_end(self._lease_s)
        await connection.execute(statement.values(lease_owner=self.owner, lease_epoch=lease.epoch, lease_until=until))
        died = found.lease_owner is not None and found.lease_owner != self.owner
        return Claim(lease, cursor_of(found), unclean=died or found.attempting > found.number)


def _still_held(lease: Lease, rows: Sequence[sa.Row[Any]]) -> bool:
    return any(
        (row.source, row.partition, row.lease_owner, row.lease_epoch)
        == (lease.source, lease.partition, lease.owner, lease.epoch)
        for row in rows
    )


def _is(source: str, partition: int) -> tuple[sa.ColumnElement[bool], ...]:
    return (table.c.source == source, table.c.partition == partition)


_GONE = sa.select(replica.c.owner).where(replica.c.alive_until <= sa.func.now()).with_for_update(skip_locked=True)
_ALL = (
    sa.select(
        table.c.source,
        table.c.partition,
        table.c.lease_owner,
        table.c.lease_epoch,
        (table.c.lease_until <= sa.func.now()).label("expired"),
    )
    .where(table.c.source.in_(sa.bindparam("sources", expanding=True)))
    .order_by(table.c.source, table.c.partition)
)
