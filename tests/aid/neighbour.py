"""The victims service as aid sees it: a log of its events, published on its streams.

Owns writing these events as the kit writes any log. No part of the victims service is used: aid works with it absent.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from shared.contracts import victims
from shared.contracts.envelope import Payload
from shared.contracts.vocabulary import CasualtyKind, DamageClass, DisasterPhase, HazardKind, RejectionReason
from shared.kit import clock
from shared.kit.database import Database
from shared.kit.decisions.types import Event, Ref
from shared.kit.log.append import LogIdentity, append
from shared.kit.log.tables import head
from shared.kit.log.tables import metadata as log_metadata
from shared.kit.runtime import redis_client
from shared.kit.streams.publisher import Publisher
from shared.kit.streams.tables import metadata as delivery_metadata
from tests.aid.builders import DISASTER, new_id

PARTITIONS = 4
LOG_ID = "01936f5e-3a0f-700f-800f-0c0ffee0000f"
IDENTITY = LogIdentity(f"urn:tanggap:test:victims:{LOG_ID}", PARTITIONS)


class Sequences:
    """Numbers a foreign aggregate's events as its owner does."""

    def __init__(self) -> None:
        self._sequences: dict[Ref, int] = {}

    def event(self, payload: Payload) -> Event:
        ref = Ref(payload.kind, payload.aggregate_id)
        self._sequences[ref] = self._sequences.get(ref, 0) + 1
        return Event(
            id=clock.new_id(),
            ref=ref,
            sequence=self._sequences[ref],
            time=clock.now(),
            payload=payload,
            actor="verifier-1",
            role="aid_officer",
            disaster_id=DISASTER,
            correlation_id=clock.new_id(),
        )


class Neighbour:
    """Publishes events as the victims service does."""

    def __init__(self, database: Database, publisher: Publisher) -> None:
        self.database = database
        self.publisher = publisher
        self._sequences = Sequences()

    async def publish(self, *payloads: Payload) -> None:
        """Log these events in one transaction and send them."""
        events = [self._sequences.event(payload) for payload in payloads]
        async with self.database.transaction() as connection:
            await append(connection, IDENTITY, events, clock.now())
        await self.publisher.publish_pending()


@asynccontextmanager
async def neighbour(database_url: str, redis_url: str) -> AsyncIterator[Neighbour]:
    """An empty log of victims and its publisher."""
    database, redis = Database(database_url, pool_size=2), redis_client(redis_url)
    try:
        async with database.transaction() as connection:
            for metadata in (log_metadata, delivery_metadata):
                await connection.execute(sa.text(f"CREATE SCHEMA {metadata.schema}"))
                await connection.run_sync(metadata.create_all)
            await connection.execute(
                head.insert().values(
                    log_id=LOG_ID,
                    source=IDENTITY.source,
                    partitions=PARTITIONS,
                    hash="crc32",
                    position=0,
                    recorded_at=clock.now(),
                    numbers=[0] * PARTITIONS,
                )
            )
        yield Neighbour(database, Publisher(database, redis, "victims"))
    finally:
        await redis.aclose()
        await database.close()


def declared(today: date, **changes: Any) -> victims.DisasterDeclared:
    values: dict[str, Any] = {
        "disaster_id": DISASTER,
        "hazard": HazardKind.FLOOD,
        "area_codes": ("62.06",),
        "phase": DisasterPhase.TANGGAP_DARURAT,
        "decree_number": "188.44/123/2026",
        "decree_date": today - timedelta(days=8),
        "valid_from": today - timedelta(days=10),
        "valid_until": today + timedelta(days=14),
        "declared_on": today,
        **changes,
    }
    return victims.DisasterDeclared(**values)


def casualty_verified(today: date, casualty_id: str | None = None, **changes: Any) -> victims.CasualtyVerified:
    values: dict[str, Any] = {
        "casualty_id": casualty_id or new_id(),
        "disaster_id": DISASTER,
        "casualty_kind": CasualtyKind.DEATH,
        "person_id": new_id(),
        "household_id": new_id(),
        "occurred_on": today - timedelta(days=5),
        "verified_on": today,
        "document_count": 3,
        **changes,
    }
    return victims.CasualtyVerified(**values)


def casualty_rejected(today: date, casualty_id: str) -> victims.CasualtyRejected:
    values: dict[str, Any] = {
        "casualty_id": casualty_id,
        "disaster_id": DISASTER,
        "reason": RejectionReason.VERIFIED_IN_ERROR,
        "rejected_on": today,
    }
    return victims.CasualtyRejected(**values)


def damage_verified(
    today: date, damage_class: DamageClass, *, damage_id: str | None = None, household_id: str | None = None
) -> victims.DamageVerified:
    values: dict[str, Any] = {
        "damage_id": damage_id or new_id(),
        "household_id": household_id or new_id(),
        "disaster_id": DISASTER,
        "damage_class": damage_class,
        "occurred_on": today - timedelta(days=5),
        "verified_on": today,
    }
    return victims.DamageVerified(**values)


def damage_rejected(today: date, damage_id: str, household_id: str) -> victims.DamageRejected:
    values: dict[str, Any] = {
        "damage_id": damage_id,
        "household_id": household_id,
        "disaster_id": DISASTER,
        "reason": RejectionReason.VERIFIED_IN_ERROR,
        "rejected_on": today,
    }
    return victims.DamageRejected(**values)


def shuffled_by_partition(payloads: Sequence[Payload], turns: Sequence[int]) -> list[Payload]:
    """The events in another order that keeps each partition's own."""
    queues: dict[int, list[Payload]] = {}
    for payload in payloads:
        queues.setdefault(IDENTITY.partition(payload.partition_key), []).append(payload)
    order: list[Payload] = []
    for turn in turns:
        open_ = [queue for queue in queues.values() if queue]
        if open_:
            order.append(open_[turn % len(open_)].pop(0))
    return order + [payload for queue in queues.values() for payload in queue]
