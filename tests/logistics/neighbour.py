"""The victims service as logistics sees it: a log of its events, published on its streams.

Owns writing these events as the kit writes any log. No part of the victims service is used: logistics works with it
absent.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from shared.contracts import victims
from shared.contracts.envelope import Payload
from shared.contracts.ids import DeviceId, DisasterId, HouseholdId, PersonId, PostId, TokenId
from shared.contracts.vocabulary import AgeBand, Residence, Sex
from shared.kit import clock
from shared.kit.database import Database
from shared.kit.decisions.types import Event, Ref
from shared.kit.log.append import LogIdentity, append
from shared.kit.log.tables import head
from shared.kit.log.tables import metadata as log_metadata
from shared.kit.runtime import redis_client
from shared.kit.streams.publisher import Publisher
from shared.kit.streams.tables import metadata as delivery_metadata
from tests.logistics.builders import DISASTER, POST, TODAY, VILLAGE, new_id

PARTITIONS = 4
IDENTITY = LogIdentity("urn:tanggap:test:victims:01936f5e-3a0f-700f-800f-0c0ffee0000f", PARTITIONS)


class Neighbour:
    """Publishes events as the victims service does."""

    def __init__(self, database: Database, publisher: Publisher) -> None:
        self.database = database
        self.publisher = publisher
        self._sequences: dict[Ref, int] = {}

    async def publish(self, *payloads: Payload) -> None:
        """Log these events in one transaction and send them."""
        events = [self._event(payload) for payload in payloads]
        async with self.database.transaction() as connection:
            await append(connection, IDENTITY, events, clock.now())
        await self.publisher.publish_pending()

    def _event(self, payload: Payload) -> Event:
        ref = Ref(payload.kind, payload.aggregate_id)
        self._sequences[ref] = self._sequences.get(ref, 0) + 1
        return Event(
            id=clock.new_id(),
            ref=ref,
            sequence=self._sequences[ref],
            time=clock.now(),
            payload=payload,
            actor=POST,
            role="post",
            disaster_id=DISASTER,
            correlation_id=clock.new_id(),
        )


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
                    log_id="01936f5e-3a0f-700f-800f-0c0ffee0000f",
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


def enrolled(post_id: str = POST, area_code: str = VILLAGE) -> victims.PostEnrolled:
    return victims.PostEnrolled(post_id=PostId(post_id), disaster_id=DISASTER, area_code=area_code, enrolled_on=TODAY)


def device_enrolled(device_id: str, at: datetime, *, post_id: str = POST) -> victims.DeviceEnrolled:
    return victims.DeviceEnrolled(
        post_id=PostId(post_id),
        device_id=DeviceId(device_id),
        token_id=TokenId(new_id()),
        valid_from_at=at,
        valid_until_at=at + timedelta(days=14),
    )


def device_withdrawn(device_id: str, at: datetime, *, post_id: str = POST) -> victims.DeviceWithdrawn:
    return victims.DeviceWithdrawn(post_id=PostId(post_id), device_id=DeviceId(device_id), withdrawn_at=at)


def registered(
    household_id: str | None = None,
    persons: int = 3,
    *,
    elsewhere: int = 0,
    again: bool = False,
    area_code: str = VILLAGE,
    disaster_id: str = DISASTER,
    residence: str = Residence.HOME,
) -> victims.HouseholdRegistration:
    """A household of so many persons, of whom the first `elsewhere` are registered elsewhere."""
    kind = victims.HouseholdRegisteredAgain if again else victims.HouseholdRegistered
    return kind(
        household_id=HouseholdId(household_id or new_id()),
        disaster_id=DisasterId(disaster_id),
        post_id=PostId(POST),
        device_id=DeviceId(new_id()),
        device_number=1,
        area_code=area_code,
        residence=Residence(residence),
        persons=tuple(_person(twin=number < elsewhere) for number in range(persons)),
        commitments=victims.HouseholdCommitments(),
        happened_on=date(2026, 11, 20),
        recorded_on=date(2026, 11, 20),
    )


def _person(*, twin: bool) -> victims.RegisteredPerson:
    return victims.RegisteredPerson(
        person_id=PersonId(new_id()),
        sex=Sex.FEMALE,
        age_band=AgeBand.FROM_18_TO_59,
        commitments=victims.PersonCommitments(identity="0" * 64),
        same_identity_as=PersonId(new_id()) if twin else None,
    )


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
