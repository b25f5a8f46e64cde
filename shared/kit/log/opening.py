"""Opening a log: its identity and its first leaf.

Owns the head's row and the `log_opened` entry that fixes, for good, how many partitions there are and how keys
are spread over them. A release that would spread them otherwise refuses to start.
"""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.log import log_opened
from shared.kit import clock
from shared.kit.decisions.types import Event, Ref
from shared.kit.log.append import PARTITION_HASH, LogIdentity, append
from shared.kit.log.tables import head

PARTITIONS_DEFAULT = 4


@dataclass(frozen=True, slots=True)
class Opening:
    """What a new log is opened with."""

    service: str
    installation: str
    opened_on: date
    partitions: int = PARTITIONS_DEFAULT


async def open_log(connection: AsyncConnection, opening: Opening) -> LogIdentity:
    """Write the head's row and the first leaf. The database must hold no log yet."""
    log_id = clock.new_id()
    source = f"urn:tanggap:{opening.installation}:{opening.service}:{log_id}"
    now = clock.now()
    await connection.execute(
        sa.insert(head).values(
            log_id=log_id,
            source=source,
            partitions=opening.partitions,
            hash=PARTITION_HASH,
            position=0,
            recorded_at=now,
            numbers=[0] * opening.partitions,
        )
    )
    identity = LogIdentity(source=source, partitions=opening.partitions)
    payload = log_opened(
        opening.service,
        log_id=log_id,
        installation=opening.installation,
        partitions=opening.partitions,
        hash=PARTITION_HASH,
        opened_on=opening.opened_on,
    )
    event = Event(
        id=clock.new_id(),
        ref=Ref("log", log_id),
        sequence=1,
        time=now,
        payload=payload,
        actor=opening.service,
        role="service",
        correlation_id=clock.new_id(),
    )
    await append(connection, identity, [event], now)
    return identity
