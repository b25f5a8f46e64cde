"""A source of events for the tests of delivery: a real log table, filled with real leaves.

Owns writing rows as the log does (gapless numbers, one transaction) without deciding anything.
"""

import uuid
import zlib
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.envelope import timestamp
from shared.kit import clock
from shared.kit.canonical import canonical
from shared.kit.database import Database
from shared.kit.log.tables import entry, head
from shared.kit.log.tables import metadata as log_metadata
from shared.kit.streams.tables import metadata as delivery_metadata

PARTITIONS = 4


async def create_tables(database: Database) -> None:
    """The log's and delivery's tables in an empty database."""
    async with database.transaction() as connection:
        for metadata in (log_metadata, delivery_metadata):
            await connection.execute(sa.text(f"CREATE SCHEMA {metadata.schema}"))
            await connection.run_sync(metadata.create_all)


class SourceLog:
    """The log of a service called `victims`, written one batch a transaction."""

    def __init__(self, database: Database, *, partitions: int = PARTITIONS, salt: str = "") -> None:
        self.database = database
        self.partitions = partitions
        self.salt = salt
        self.sequences: dict[str, int] = {}

    async def open(self) -> None:
        """Write the head row of an empty log."""
        async with self.database.transaction() as connection:
            await connection.execute(
                head.insert().values(
                    log_id="test",
                    source="urn:tanggap:test:victims:test",
                    partitions=self.partitions,
                    hash="crc32",
                    position=0,
                    recorded_at=clock.now(),
                    numbers=[0] * self.partitions,
                )
            )

    async def write(self, subjects: Sequence[str], *, recorded_at: datetime | None = None) -> None:
        """Log one event a subject, in order, in one transaction."""
        async with self.database.transaction() as connection:
            await self._append(connection, subjects, recorded_at or clock.now())

    async def leaves(self, partition: int) -> list[bytes]:
        """Every leaf of a partition in order."""
        query = sa.select(entry.c.leaf).where(entry.c.partition == partition).order_by(entry.c.number)
        async with self.database.transaction() as connection:
            return list((await connection.execute(query)).scalars())

    def partition_of(self, subject: str) -> int:
        """Where a subject's events go."""
        return zlib.crc32(subject.encode()) % self.partitions

    async def _append(self, connection: AsyncConnection, subjects: Sequence[str], recorded_at: datetime) -> None:
        locked = (await connection.execute(sa.select(head).with_for_update())).one()
        numbers, position, rows = list(locked.numbers), locked.position, []
        for subject in subjects:
            partition = self.partition_of(subject)
            numbers[partition] += 1
            position += 1
            self.sequences[subject] = self.sequences.get(subject, 0) + 1
            event_id = uuid.UUID(clock.new_id())
            rows.append(
                {
                    "position": position,
                    "partition": partition,
                    "number": numbers[partition],
                    "id": event_id,
                    "type": "victims.thing_counted.v1",
                    "subject": subject,
                    "sequence": self.sequences[subject],
                    "recorded_at": recorded_at,
                    "leaf": self._leaf(event_id, subject, recorded_at),
                }
            )
        await connection.execute(entry.insert(), rows)
        await connection.execute(head.update().values(numbers=numbers, position=position, recorded_at=recorded_at))

    def _leaf(self, event_id: uuid.UUID, subject: str, recorded_at: datetime) -> bytes:
        return canonical(
            {
                "specversion": "1.0",
                "id": str(event_id),
                "source": "urn:tanggap:test:victims:test",
                "type": "victims.thing_counted.v1",
                "subject": subject,
                "time": timestamp(recorded_at),
                "recordedtime": timestamp(recorded_at),
                "sequence": self.sequences[subject],
                "partitionkey": subject,
                "correlationid": f"request-{event_id.hex[:12]}",
                "data": {"salt": self.salt, "filler": "Kasongan " * 20},
            }
        )
