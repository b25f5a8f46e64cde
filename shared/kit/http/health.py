"""What a supervisor and an operator ask a service: does it live, can it answer, does everything flow.

Owns the four operational addresses. They ask for no token, so they tell states and counts, never content.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
import structlog
from fastapi import APIRouter
from starlette.responses import PlainTextResponse, Response

from shared.kit.errors import Problem
from shared.kit.http.problems import respond
from shared.kit.i18n import Languages
from shared.kit.observe.metrics import CONTENT_TYPE, Metrics

CHECK_DEADLINE_S = 3
PATHS = ("/health/live", "/health/ready", "/health/flow", "/metrics")

Check = Callable[[], Awaitable[None]]
Report = Callable[[], Awaitable[Mapping[str, Any]]]

log = structlog.get_logger()


def health_router(*, checks: Mapping[str, Check], flow: Report, metrics: Metrics, languages: Languages) -> APIRouter:
    """The operational addresses. A check that returns is passed, one that raises is not."""
    router = APIRouter(tags=["operation"])

    @router.get("/health/live", summary="The process answers")
    async def live() -> Response:
        return _json({"status": "ok"})

    @router.get("/health/ready", summary="Requests can be answered: database, schema version, keys")
    async def ready() -> Response:
        states = dict(zip(checks, await asyncio.gather(*(_state(name, checks[name]) for name in checks)), strict=True))
        if all(state == "ok" for state in states.values()):
            return _json({"status": "ok", "checks": states})
        return respond(_not_ready(), languages, extensions={"checks": states})

    @router.get("/health/flow", summary="Broker, publisher lag, owned partitions, parked entries")
    async def flowing() -> Response:
        return _json(await flow())

    @router.get("/metrics", summary="Numbers in Prometheus' format", response_class=PlainTextResponse)
    async def numbers() -> Response:
        return Response(metrics.exposition(await flow()), headers={"Content-Type": CONTENT_TYPE})

    return router


async def _state(name: str, check: Check) -> str:
    try:
        async with asyncio.timeout(CHECK_DEADLINE_S):
            await check()
    except Exception as error:
        log.warning("not ready", check=name, exc_info=error)
        return "failed"
    return "ok"


def _json(content: Mapping[str, Any]) -> Response:
    return Response(orjson.dumps(content, option=orjson.OPT_NON_STR_KEYS), media_type="application/json")


def _not_ready() -> Problem:
    return Problem(
        "not-ready",
        503,
        detail="The service cannot answer requests at the moment.",
        next_step="Try again in a few seconds; the operator sees under checks what is missing.",
        headers={"Retry-After": "2"},
    )
