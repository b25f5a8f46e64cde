"""All partitions a process consumes: leases, subscribers, supervision, clean stop.

Owns the loops that keep consuming going: one renews leases and shares partitions with other replicas, one watches the
streams and restarts what died, one moves cursors past what concerns nobody. Must not apply entries itself.
"""

import asyncio
import os
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from shared.kit.database import Database
from shared.kit.streams.append import stream_states
from shared.kit.streams.attempt import KILLS, Work
from shared.kit.streams.catchup import LogReader
from shared.kit.streams.consumer import PartitionConsumer
from shared.kit.streams.cursors import Lease, ensure_cursors
from shared.kit.streams.entry import Apply, Entry
from shared.kit.streams.faults import describe, surroundings_failed, wait_for
from shared.kit.streams.joint import Joint
from shared.kit.streams.leases import Claim, Leases, Place
from shared.kit.streams.names import partition_stream
from shared.kit.streams.subscription import Subscription, reading_broker
from shared.kit.streams.witness import Witness, show_cursor

FORK_RETRY_S = 30.0  # until a partition whose source was forked is tried again
SETTLE_S = 0.2  # until cursors are moved past entries that concern nobody here, if nothing else moves them
DEAF_S = 1.5  # without a batch although entries wait, after which a subscriber is restarted

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Source:
    """A service whose log is consumed. `partitions` is only a start: more are taken up when it says so itself."""

    name: str
    log: LogReader | None = None
    partitions: int = 4


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where entries come from and what becomes of them.

    `consumer` is this service's name: cursors are shown on the broker in a group of that name. `concerns` says
    whether an entry may have an effect here at all. `committed` is called after each commit that may have logged
    something of our own.
    """

    consumer: str
    database: Database
    redis_url: str
    apply: Apply
    concerns: Callable[[Entry], bool] = lambda _: True
    committed: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class Pace:
    """How consuming is paced. Longer than `poll_ms` no read waits, so it stays below the socket's timeout."""

    batch: int = 200
    poll_ms: int = 1_000
    socket_timeout_s: float = 5.0
    lease_s: float = 15.0
    watch_s: float = 1.0
    stop_deadline_s: float = 10.0
    kills: int = KILLS


@dataclass(slots=True)
class _Partition:
    consumer: PartitionConsumer
    subscription: Subscription
    catching_up: "asyncio.Task[None] | None" = None


class Consumers:
    """Consumes the partitions this process holds leases on, from `start` to `stop`."""

    def __init__(
        self, delivery: Delivery, sources: Sequence[Source], *, pace: Pace | None = None, owner: str | None = None
    ) -> None:
        self.pace = pace or Pace()
        self.sources: Mapping[str, Source] = {source.name: source for source in sources}
        self.leases = Leases(delivery.database, list(self.sources), lease_s=self.pace.lease_s, owner=owner)
        self.broker = reading_broker(
            delivery.redis_url,
            graceful_timeout=self.pace.stop_deadline_s,
            socket_timeout=self.pace.socket_timeout_s,
            socket_connect_timeout=self.pace.socket_timeout_s,
        )
        self.failures = 0
        self.display_failures = 0
        self._ensured: dict[str, int] = {}
        self._delivery = delivery
        self._work = Work(
            delivery.database,
            delivery.apply,
            delivery.concerns,
            delivery.committed,
            self.pace.lease_s,
            kills=self.pace.kills,
        )
        self._joint = {source: Joint(self._work) for source in self.sources}
        self._redis = Redis.from_url(delivery.redis_url, socket_timeout=self.pace.socket_timeout_s)
        self._partitions: dict[Place, _Partition] = {}
        self._witness = Witness(delivery.database, self._redis)
        self._stopping = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        self._broker_answers = False

    async def start(self) -> None:
        """Begin; database and broker may be down, then consuming begins when they answer."""
        # FastStream would restart a dead reading loop at once and for ever; here the runner does, with a pause.
        os.environ.setdefault("FASTSTREAM_SUPERVISOR_DISABLED", "1")
        await self.broker.connect()
        self._loops = [
            asyncio.create_task(self._repeat(self._share, self.pace.lease_s / 5), name="share-partitions"),
            asyncio.create_task(self._repeat(self._watch, self.pace.watch_s), name="watch-streams"),
            asyncio.create_task(self._repeat(self._settle, SETTLE_S), name="settle-cursors"),
        ]

    async def stop(self) -> None:
        """Finish the batches in hand within the deadline, give the leases back, close the connections."""
        self._stopping.set()
        await asyncio.gather(*self._loops)
        await asyncio.gather(*(self._close(lease) for lease in list(self.leases.held.values())))
        try:
            await self.leases.leave()
        except Exception as error:
            self._note("leave", error)
        await self.broker.stop()
        await self._redis.aclose()

    def report(self) -> dict[str, Any]:
        """What metrics and `/health/flow` show: the broker, and each owned partition."""
        return {
            "owner": self.leases.owner,
            "broker": self._broker_answers,
            "failures": self.failures,
            "display_failures": self.display_failures,
            "checkpoints_regressed": self._witness.regressed,
            "partitions": [_partition_report(partition) for partition in self._partitions.values()],
        }

    async def _repeat(self, step: Callable[[], Coroutine[Any, Any, None]], every_s: float) -> None:
        while not self._stopping.is_set():
            try:
                await step()
            except Exception as error:
                self._note(step.__name__, error)
            await wait_for(self._stopping, every_s)

    def _note(self, step: str, error: Exception) -> None:
        """No failure ends supervision: what is not the surroundings' fault is ours, and shown as such."""
        self.failures += 1
        if surroundings_failed(error):
            logger.warning("consumers-wait", step=step, reason=describe(error))
        else:
            logger.error("consumers-failed", step=step, reason=describe(error))

    async def _share(self) -> None:
        """Hold a fair share of the partitions, and no more. What was lost ends before it may be opened again."""
        await self._ensure_cursors()
        change = await self.leases.round()
        gone = [partition.consumer.lease for partition in self._partitions.values() if partition.consumer.lost]
        await asyncio.gather(*(self._close(lease) for lease in {*change.lost, *change.excess, *gone}))
        for claim in change.claimed:
            self._open(claim)

    async def _ensure_cursors(self) -> None:
        for source in self.sources.values():
            partitions = max(source.partitions, self._witness.partitions.get(source.name, 0))
            if self._ensured.get(source.name) != partitions:
                async with self._delivery.database.transaction() as connection:
                    await ensure_cursors(connection, source.name, partitions)
                self._ensured[source.name] = partitions

    def _open(self, claim: Claim) -> None:
        lease = claim.lease
        log, joint = self.sources[lease.source].log, self._joint[lease.source]
        consumer = PartitionConsumer(claim, self._work, joint, log, batch=self.pace.batch)
        subscription = Subscription(
            self.broker,
            partition_stream(lease.source, lease.partition),
            consumer.take,
            batch=self.pace.batch,
            poll_ms=self.pace.poll_ms,
        )
        self._partitions[lease.source, lease.partition] = _Partition(consumer, subscription)

    async def _close(self, lease: Lease) -> None:
        """End a partition after its batch in hand, then give the lease back if it is still ours."""
        partition = self._partitions.get((lease.source, lease.partition))
        if partition is not None and partition.consumer.lease == lease:
            del self._partitions[lease.source, lease.partition]
            try:
                await self._finish(partition)
            except Exception as error:
                self._note("finish", error)
        try:
            await self.leases.release(lease)
        except Exception as error:
            self._note("release", error)

    async def _finish(self, partition: _Partition) -> None:
        partition.consumer.stopped.set()
        await partition.subscription.close()
        if partition.catching_up is not None:
            await asyncio.wait([partition.catching_up], timeout=self.pace.stop_deadline_s)
            partition.catching_up.cancel()
        await partition.consumer.finish()

    async def _settle(self) -> None:
        await asyncio.gather(*(partition.consumer.settle() for partition in self._partitions.values()))

    async def _watch(self) -> None:
        """See what the streams hold, restart what died, fetch what the streams lost, show where we stand."""
        self._broker_answers = False
        await self._redis.ping()
        self._broker_answers = True
        partitions = list(self._partitions.values())
        await asyncio.gather(*(self._watch_one(partition) for partition in partitions))
        await self._witness.look(list(self.sources), list(self._partitions))

    async def _watch_one(self, partition: _Partition) -> None:
        """One partition's trouble is not another's."""
        try:
            (state,) = await stream_states(self._redis, [partition.subscription.stream])
            partition.consumer.observe(state)
            await self._supervise(partition)
            await self._show(partition.consumer)
        except Exception as error:
            self._note("watch-partition", error)

    async def _show(self, consumer: PartitionConsumer) -> None:
        try:
            await show_cursor(self._redis, self._delivery.consumer, consumer)
        except ResponseError as error:
            self.display_failures += 1
            logger.info("cursor-not-shown", stream=consumer.lease.source, reason=describe(error))

    async def _supervise(self, partition: _Partition) -> None:
        consumer, now = partition.consumer, time.monotonic()
        if consumer.forked_at is not None:
            if now - consumer.forked_at > FORK_RETRY_S:
                consumer.forked_at = None
            return
        if consumer.too_late and not consumer.busy:
            if partition.catching_up is None or partition.catching_up.done():
                partition.catching_up = asyncio.create_task(consumer.catch_up())
            return
        waiting = consumer.stream is not None and consumer.stream.tail.number > consumer.cursor.number
        deaf = waiting and not consumer.busy and now - consumer.active_at > DEAF_S
        if deaf or not partition.subscription.alive:
            consumer.active_at = now
            await partition.subscription.start(consumer.read_after)


def _partition_report(partition: _Partition) -> dict[str, Any]:
    consumer = partition.consumer
    counts = consumer.effects.counts
    return {
        "source": consumer.lease.source,
        "partition": consumer.lease.partition,
        "cursor": consumer.cursor.number,
        "lag": max(0, consumer.last_number - consumer.cursor.number),
        "alive": partition.subscription.alive,
        "forked": consumer.forked_at is not None,
        "catching_up": partition.catching_up is not None and not partition.catching_up.done(),
        "failures": consumer.failures,
        "restarts": max(0, partition.subscription.starts - 1),
        "applied": counts.applied,
        "batches": counts.batches,
        "reruns": counts.reruns,
        "skipped": dict(counts.skipped),
        "parked": dict(counts.parked),
    }
