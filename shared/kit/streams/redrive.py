"""Parked entries applied again, in order.

Owns the re-drive: the entries of one subject, each in a transaction of its own that also forgets it. Consumers of
the partition wait for each transaction, so nothing later of the subject slips in between.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.database import Database
from shared.kit.streams.catchup import LogReader
from shared.kit.streams.cursors import lock_cursor
from shared.kit.streams.entry import Apply, Entry, Rejected, Unreadable
from shared.kit.streams.faults import lost_a_race, reason_of, surroundings_failed
from shared.kit.streams.parked import NotParked, Parked, is_place, parked_of, show_parked
from shared.kit.streams.tables import parked as table
from shared.kit.streams.wire import read_entry

RERUNS = 5  # of a transaction that lost a race to another


@dataclass(frozen=True, slots=True)
class Redriven:
    """What a re-drive did: the places (partition, number) applied, in order, and the entry it stopped at, if any."""

    applied: tuple[tuple[int, int], ...]
    stopped_at: Parked | None = None


@dataclass(frozen=True, slots=True)
class _Chain:
    """Entries that must keep their order: those of a subject, or one whose subject nobody could read."""

    partition: int
    subject: str | None
    number: int = 0


class _StillBad(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Redrive:
    """Runs parked entries through the service's apply. `logs` are the sources' logs, for bytes that are damaged."""

    def __init__(self, database: Database, apply: Apply, logs: Mapping[str, LogReader] | None = None) -> None:
        self._database = database
        self._apply = apply
        self._logs = logs or {}

    async def redrive_subject(self, source: str, subject: str) -> Redriven:
        """Apply a subject's parked entries in order; stop at the first that fails, which keeps the new reason.

        Raises: NotParked; and whatever says that the surroundings failed, after which it can be run again.
        """
        query = sa.select(table.c.partition).distinct().where(table.c.source == source, table.c.subject == subject)
        async with self._database.transaction() as connection:
            partitions = sorted((await connection.execute(query)).scalars())
        if not partitions:
            raise NotParked(f"{source} {subject}")
        return await self._run(source, [_Chain(partition, subject) for partition in partitions])

    async def redrive_entry(self, source: str, partition: int, number: int) -> Redriven:
        """Apply one parked entry, with every other of its subject: none may overtake an earlier one.

        Raises: as `redrive_subject`.
        """
        async with self._database.transaction() as connection:
            found = await show_parked(connection, source, partition, number)
        return await self._run(source, [_Chain(partition, found.subject, number)])

    async def _run(self, source: str, chains: list[_Chain]) -> Redriven:
        applied: list[tuple[int, int]] = []
        for chain in chains:
            while (step := await self._first(source, chain)) is not None:
                if isinstance(step, Parked):
                    return Redriven(tuple(applied), step)
                applied.append((chain.partition, step))
        return Redriven(tuple(applied))

    async def _first(self, source: str, chain: _Chain) -> int | Parked | None:
        """Apply a chain's first entry: its number if it succeeded, the entry if not, None if none is left."""
        for round_ in range(RERUNS + 1):
            try:
                return await self._first_once(source, chain)
            except Exception as error:
                if not lost_a_race(error) or round_ == RERUNS:
                    raise
        return None

    async def _first_once(self, source: str, chain: _Chain) -> int | Parked | None:
        mine = table.c.subject == chain.subject if chain.subject is not None else table.c.number == chain.number
        first = sa.select(table).where(table.c.source == source, table.c.partition == chain.partition, mine)
        found: Parked | None = None
        try:
            async with self._database.transaction() as connection:
                await lock_cursor(connection, source, chain.partition)
                row = (await connection.execute(first.order_by(table.c.number).limit(1))).one_or_none()
                if row is None:
                    return None
                found = parked_of(row)
                await self._apply_parked(connection, found)
                await connection.execute(sa.delete(table).where(*is_place(source, found.partition, found.number)))
        except _StillBad as bad:
            reason = bad.reason
        except Exception as error:
            if found is None or surroundings_failed(error) or lost_a_race(error):
                raise
            reason = reason_of(error)
        else:
            return found.number
        assert found is not None
        return await self._keep(found, reason)

    async def _apply_parked(self, connection: AsyncConnection, found: Parked) -> None:
        assert found.raw is not None
        entry = read_entry(found.source, found.partition, found.number, epoch=None, raw=found.raw)
        if isinstance(entry, Unreadable):
            entry = await self._from_log(entry)
        (result,) = await self._apply(connection, [entry])
        if isinstance(result, Rejected):
            raise _StillBad(result.reason)

    async def _from_log(self, damaged: Unreadable) -> Entry:
        log = self._logs.get(damaged.source)
        if log is None:
            raise _StillBad(damaged.reason)
        return (await log.read(damaged.partition, after=damaged.number - 1, limit=1))[0]

    async def _keep(self, found: Parked, reason: str) -> Parked:
        place = is_place(found.source, found.partition, found.number)
        statement = sa.update(table).where(*place).values(reason=reason, attempts=table.c.attempts + 1)
        async with self._database.transaction() as connection:
            return parked_of((await connection.execute(statement.returning(table))).one())
