"""The ways that are measured side by side: each takes households and says how fast and at what cost.

Owns what a run of each way is. Every run waits until what it sent has taken effect in the other services, so that no
run pays for another. Must not judge the numbers.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import asyncpg
import orjson

from bench.flow import Flow
from bench.households import Reporter, batches, plain, singles
from bench.load import Answer, Target, UnexpectedAnswer, send_all
from bench.stage import ECHO, Stage

BATCH_EVENTS = 200
USUAL_POLL_S = 0.02
USUAL_DEADLINE_S = 300.0

BATCH_TYPE = "application/cloudevents-batch+json"
SINGLE_TYPE = "application/cloudevents+json"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a way: events, seconds until accepted and until applied elsewhere, CPU microseconds an event."""

    events: int
    accepted_s: float
    applied_s: dict[str, float] = field(default_factory=dict)
    cpu_us: dict[str, int] = field(default_factory=dict)

    @property
    def accepted_per_s(self) -> float:
        """Events a second until the last answer."""
        return self.events / self.accepted_s

    def applied_per_s(self, consumer: str) -> float:
        """Events a second until the last effect in another service."""
        return self.events / self.applied_s[consumer]


class Ways:
    """Runs each way on one stage with one reporter."""

    def __init__(self, stage: Stage, reporter: Reporter, flow: Flow) -> None:
        self._stage = stage
        self._reporter = reporter
        self._flow = flow

    async def by_batches(self, households: int, *, connections: int) -> Run:
        """Tanggap, batches of 200."""
        bodies = batches(self._reporter.events(households), BATCH_EVENTS)
        extra = {"Content-Encoding": "gzip"}
        return await self._tanggap(bodies, households, BATCH_TYPE, connections=connections, extra=extra)

    async def by_single_requests(self, households: int, *, connections: int) -> Run:
        """Tanggap, one report a request."""
        bodies = singles(self._reporter.events(households))
        return await self._tanggap(bodies, households, SINGLE_TYPE, connections=connections)

    async def echo(self, requests: int, *, connections: int) -> Run:
        """The kit's HTTP stack answering a constant."""
        bodies = singles(self._reporter.events(1)) * requests
        target = self._target(ECHO, SINGLE_TYPE)
        return await self._measured(requests, lambda: send_all(target, bodies, connections=connections, expected=200))

    async def usual(self, households: int, *, connections: int) -> Run:
        """The usual way: one request, one commit, one message, one handler call, one commit."""
        bodies = plain(self._reporter.events(households))
        target = Target(self._stage.url("usual_producer"), "/households", {"Content-Type": "application/json"})
        watch = await asyncpg.connect(self._stage.admin_url("usual_consumer"))
        try:
            wanted = await _needs(watch) + households

            async def applied() -> dict[str, float]:
                ends_at = time.monotonic() + USUAL_DEADLINE_S
                while await _needs(watch) < wanted:
                    if time.monotonic() > ends_at:
                        raise TimeoutError("the usual way has not stored every need")
                    await asyncio.sleep(USUAL_POLL_S)
                return {"usual_consumer": time.monotonic()}

            return await self._measured(
                households, lambda: send_all(target, bodies, connections=connections, expected=201), applied
            )
        finally:
            await watch.close()

    async def _tanggap(
        self,
        bodies: Sequence[bytes],
        households: int,
        media_type: str,
        *,
        connections: int,
        extra: dict[str, str] | None = None,
    ) -> Run:
        target = self._target("victims", media_type, extra)
        answers: list[Answer] = []

        async def send() -> None:
            answers.extend(await send_all(target, bodies, connections=connections, expected=200))

        run = await self._measured(households, send, self._flow.wait_all_applied)
        check_accepted(answers)
        return run

    def _target(self, name: str, media_type: str, extra: dict[str, str] | None = None) -> Target:
        headers = {"Authorization": f"Bearer {self._reporter.device.token}", "Content-Type": media_type}
        return Target(self._stage.url(name), "/v1/events", {**headers, **(extra or {})})

    async def _measured(
        self,
        events: int,
        send: Callable[[], Awaitable[object]],
        applied: Callable[[], Awaitable[dict[str, float]]] | None = None,
    ) -> Run:
        meter = self._stage.cpu()
        before = meter.read()
        begun = time.monotonic()
        await send()
        accepted_s = time.monotonic() - begun
        seen = await applied() if applied is not None else {}
        cpu_us = meter.micros_each(before, events)
        return Run(events, accepted_s, {name: at - begun for name, at in seen.items()}, cpu_us)


def check_accepted(answers: Sequence[Answer]) -> None:
    """Go on only if every item was accepted and none was an answer given before. Raises: UnexpectedAnswer."""
    for answer in answers:
        for item in orjson.loads(answer.body)["items"]:
            if item["status"] != "accepted" or item.get("replayed"):
                raise UnexpectedAnswer(f"not accepted: {item}")


async def _needs(watch: "asyncpg.Connection[asyncpg.Record]") -> int:
    count: int = await watch.fetchval("SELECT count(*) FROM need")
    return count
