"""One running service: everything built from its definition and settings, started and stopped in order.

Owns the composition and the life cycle: checks before serving, the decider, the publisher, the consumers, the
signing of the log, and what stops all of it. Knows no domain noun, and no rule is written here.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import httpx
import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from shared.kit import clock
from shared.kit.access.provision import SERVICE_TOKEN_FILE
from shared.kit.access.tokens import TokenVerifier, load_public_keys
from shared.kit.database import Database
from shared.kit.decisions.batch import Observe, unobserved
from shared.kit.decisions.group import Decisions
from shared.kit.decisions.types import Accepted, Outcome
from shared.kit.definition import ServiceDefinition
from shared.kit.errors import DomainError
from shared.kit.log import guard
from shared.kit.log.append import LogIdentity, read_identity
from shared.kit.log.checkpoints import Checkpointer
from shared.kit.log.decode import Decoder
from shared.kit.log.keys import LogFiles
from shared.kit.log.rebuild import stale_parts
from shared.kit.migrations import newest_revision, revision_of
from shared.kit.observe.metrics import Metrics
from shared.kit.preparing import rules_of
from shared.kit.reacting import Reacting
from shared.kit.settings import Settings
from shared.kit.streams.catchup import LogReader
from shared.kit.streams.faults import Unavailable as Unreachable
from shared.kit.streams.faults import surroundings_failed
from shared.kit.streams.names import checkpoint_stream
from shared.kit.streams.parked import count_parked
from shared.kit.streams.publisher import Publisher, published_tails
from shared.kit.streams.redrive import Redrive
from shared.kit.streams.retention import Retention, RetentionPolicy
from shared.kit.streams.runner import Consumers, Delivery, Pace, Source
from shared.kit.vault.erasure import repeat_erasures
from shared.kit.vault.keys import load_keys

REDIS_TIMEOUT_S = 5
PEER_TIMEOUT_S = 10

_log = structlog.get_logger(__name__)


class NotPrepared(DomainError):
    """The database is not at this release."""

    slug = "not-prepared"
    status = 503
    detail = "The database of %(service)s is at %(found)s; this release needs %(needed)s."
    next_step = "Run: tanggap migrate %(service)s"


class Runtime:
    """A service's parts. Routers get it and use `decisions`, `database`, `keys` and `today`."""

    def __init__(self, definition: ServiceDefinition, settings: Settings) -> None:
        self.definition = definition
        self.settings = settings
        self.metrics = Metrics(definition.name)
        self.database = Database(
            settings.database_url,
            pool_size=settings.pool_connections,
            statement_timeout_ms=settings.statement_timeout_ms,
        )
        self.decoder = Decoder.of(definition.payloads, definition.upcasters)
        self.keys = load_keys(settings.keys_dir)
        self.fingerprint_secret = self.keys.fingerprint(b"tanggap-command-fingerprint-v1")
        self.verifier = TokenVerifier(load_public_keys(settings.keys_dir), installation=settings.installation)
        self.redis = redis_client(settings.redis_url)
        self.publisher = Publisher(self.database, self.redis, definition.name, poll_s=settings.publish_poll_ms / 1000)
        self.checkpointer = Checkpointer(
            self.database.engine, LogFiles(settings.keys_dir, definition.name), self._publish_checkpoint
        )
        self.peers = httpx.AsyncClient(timeout=PEER_TIMEOUT_S)
        self.consumers: Consumers | None = None
        self.observe: Observe = _StepTimer(self.metrics)
        self.observe_consuming: Observe = unobserved
        self.on_fatal: Callable[[], None] = lambda: None
        self._decisions: Decisions | None = None
        self._reacting: Reacting | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def decisions(self) -> Decisions:
        """The door to the decider, open while the service runs."""
        if self._decisions is None:
            raise RuntimeError("the service was not started")
        return self._decisions

    def redrive(self) -> Redrive:
        """Parked entries through the same reactions as live ones."""
        if self._reacting is None:
            raise RuntimeError("the service was not started")
        logs = {name: log for name in self.definition.sources if (log := self._log_of(name)) is not None}
        return Redrive(self.database, self._reacting.apply, logs)

    def today(self) -> date:
        """The legal date now, in the installation's zone."""
        return clock.legal_date(clock.now(), self.settings.timezone)

    async def start(self) -> None:
        """Check everything that must hold before serving, then start the parts.

        Raises: NotPrepared; LogBehind or LogForked when the database is an older backup of what was already
        signed or published; vault errors.
        """
        identity = await self._check_prepared()
        await self._check_not_behind(identity)
        await repeat_erasures(self.database, self.keys)
        rules = rules_of(self.definition, identity)
        self._decisions = Decisions(
            self.database,
            rules,
            on_commit=self._decided,
            observe=self.observe,
            items_max=self.settings.batch_commands,
        )
        self._decisions.start()
        self._spawn("publisher", self.publisher.run())
        self._spawn("checkpointer", self.checkpointer.run())
        self._spawn("retention", self._retention(identity.partitions).run())
        self._reacting = Reacting(
            self.definition,
            rules,
            self.today,
            effect_seconds=self.metrics.effect_seconds,
            observe=self.observe_consuming,
        )
        self.consumers = self._consumers(self._reacting)
        await self.consumers.start()
        _log.info("service-started", service=self.definition.name)

    async def stop(self) -> None:
        """Finish what is in hand, give leases back, publish and sign what was written, close connections."""
        if self.consumers is not None:
            await self.consumers.stop()
        if self._decisions is not None:
            await self._decisions.stop()
        self.publisher.stop()
        await self._last_words()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.peers.aclose()
        await self.redis.aclose()
        await self.database.close()
        _log.info("service-stopped", service=self.definition.name)

    async def check_database(self) -> None:
        """Readiness: the database answers."""
        async with self.database.reading():
            return

    async def check_log(self) -> None:
        """Readiness: nothing stands against writing and signing. Raises: what does."""
        if self.checkpointer.failure is not None:
            raise self.checkpointer.failure
        if self.publisher.fault is not None:
            raise self.publisher.fault

    async def flow(self) -> Mapping[str, Any]:
        """What /health/flow tells: broker, publisher, consumers."""
        async with self.database.reading() as connection:
            parked = await count_parked(connection)
        return {
            "publisher": self.publisher.report(),
            "consumers": self.consumers.report() if self.consumers is not None else {},
            "parked": parked,
            "signed": self.checkpointer.signed,
        }

    async def _check_prepared(self) -> LogIdentity:
        needed = newest_revision(self.definition.migrations)
        async with self.database.reading() as connection:
            found = await revision_of(connection)
            if found != needed:
                raise NotPrepared(service=self.definition.name, found=found or "nothing", needed=needed)
            identity = await read_identity(connection)
            stale = await stale_parts(connection, rules_of(self.definition))
        if identity is None or stale:
            found = "states built by other rules" if stale else "no log"
            raise NotPrepared(service=self.definition.name, found=found, needed=needed)
        return identity

    async def _check_not_behind(self, identity: LogIdentity) -> None:
        """What the broker saw is asked too, if it answers; if not, the publisher looks as soon as it does."""
        tails: dict[int, int] = {}
        notes: list[str] = []
        try:
            tails = await published_tails(self.database, self.redis, self.definition.name, identity.partitions)
            last: Any = await self.redis.xrevrange(checkpoint_stream(self.definition.name), count=1)
            notes = [fields[b"note"].decode() for _, fields in last]
        except Exception as error:
            if not surroundings_failed(error):
                raise
            _log.warning("broker-not-asked", error=type(error).__name__)
        files = LogFiles(self.settings.keys_dir, self.definition.name)
        await guard.check_not_behind(self.database.engine, files, notes=notes, tails=tails)

    def _retention(self, partitions: int) -> Retention:
        settings = self.settings
        policy = RetentionPolicy(
            settings.consumers,
            retained=timedelta(days=settings.retention_floor_days),
            cap_bytes=settings.stream_memory_cap_mib * 2**20 // partitions,
        )
        return Retention(self.database, self.redis, self.definition.name, policy)

    def _consumers(self, reacting: Reacting) -> Consumers:
        settings = self.settings
        pace = Pace(
            batch=settings.consume_batch_events,
            lease_s=settings.lease_s,
            stop_deadline_s=settings.stop_deadline_s,
            kills=settings.park_after_attempts,
        )
        delivery = Delivery(
            self.definition.name,
            self.database,
            settings.redis_url,
            reacting.apply,
            concerns=reacting.concerns,
            committed=self._committed,
        )
        return Consumers(delivery, [Source(name, self._log_of(name)) for name in self.definition.sources], pace=pace)

    def _log_of(self, source: str) -> LogReader | None:
        url = self.settings.peers.get(source)
        return None if url is None else LogReader(self.peers, source, url, self._service_token)

    def _service_token(self) -> str:
        """The token shown to peers: the setting's, else what `service.token` beside the keys holds now."""
        if self.settings.service_token is not None:
            return self.settings.service_token.get_secret_value()
        file = self.settings.keys_dir / SERVICE_TOKEN_FILE
        if not file.exists():
            raise Unreachable("no service token: neither TANGGAP_SERVICE_TOKEN nor service.token is there")
        return file.read_text(encoding="ascii").strip()

    async def _publish_checkpoint(self, note: str) -> None:
        self.publisher.publish_checkpoint(note)

    def _decided(self, outcomes: Sequence[Outcome]) -> None:
        self.metrics.batch_commands.observe(len(outcomes))
        for outcome, count in Counter(type(outcome).__name__.lower() for outcome in outcomes).items():
            self.metrics.outcomes.labels(outcome).inc(count)
        positions = (event.position for each in outcomes if isinstance(each, Accepted) for event in each.events)
        self._committed(max(positions, default=0))

    def _committed(self, position: int = 0) -> None:
        """Written up to a position, as far as it is known: 0 says only that something was written."""
        self.publisher.wake()
        self.checkpointer.wake(position)

    def _spawn(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A part that ends by an error takes the service down: better restarted than half alive."""
        if task.cancelled() or (error := task.exception()) is None:
            return
        _log.critical("part-failed", part=task.get_name(), error=type(error).__name__)
        self.on_fatal()

    async def _last_words(self) -> None:
        """Send and sign what was committed since the last round, within the deadline of a clean stop."""
        try:
            async with asyncio.timeout(self.settings.stop_deadline_s):
                await self.checkpointer.sign_once()
                await self.publisher.publish_pending()
        except Exception as error:
            if not (surroundings_failed(error) or isinstance(error, DomainError | TimeoutError)):
                raise
            _log.warning("stopped-with-unsent", error=type(error).__name__)


class _StepTimer:
    """Measures the steps of a decision batch: each lasts until the next begins."""

    def __init__(self, metrics: Metrics) -> None:
        self._seconds = metrics.step_seconds
        self._step: str | None = None
        self._began = 0.0

    def __call__(self, step: str) -> None:
        now = time.perf_counter()
        if self._step is not None:
            self._seconds.labels(self._step).observe(now - self._began)
        self._step = None if step == "committed" else step
        self._began = now


def redis_client(url: str) -> Redis:
    """A client without retries of its own: a repeated append is decided here, not inside the client."""
    return Redis.from_url(
        url,
        socket_timeout=REDIS_TIMEOUT_S,
        socket_connect_timeout=REDIS_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )
