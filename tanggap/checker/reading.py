"""The connection to one service, as an auditor: asked until it answers.

Owns patience with a service that is being started again. Must not know what is asked.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

ANSWER_DEADLINE_S = 60.0
LOOK_EVERY_S = 0.1


class NotCollected(Exception):
    """A service does not give what is to be checked."""

    slug = "not-collected"


@dataclass(frozen=True, slots=True)
class Reader:
    """The connection to one service, as an auditor."""

    service: str
    client: httpx.AsyncClient

    async def get(self, path: str, **params: Any) -> httpx.Response:
        """What a path answers. Raises: NotCollected."""
        give_up_at = time.monotonic() + ANSWER_DEADLINE_S
        while True:
            status = await self._once(path, params)
            if isinstance(status, httpx.Response):
                return status
            if time.monotonic() > give_up_at:
                raise NotCollected(f"{self.service} answered {status} to {path}")
            await asyncio.sleep(LOOK_EVERY_S)

    async def _once(self, path: str, params: Mapping[str, Any]) -> httpx.Response | str:
        try:
            answer = await self.client.get(path, params=params)
        except httpx.TransportError as error:
            return type(error).__name__
        if answer.is_success:
            return answer
        if answer.status_code < 500 and answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
            raise NotCollected(f"{self.service} answered {answer.status_code} to {path}")
        return str(answer.status_code)

    async def json(self, path: str, **params: Any) -> Any:
        """The JSON a path answers. Raises: NotCollected."""
        return orjson.loads((await self.get(path, **params)).content)

    async def pages(self, path: str, **params: Any) -> "Shown":
        """A whole list, with the log position of its last page. Raises: NotCollected when it changed meanwhile."""
        rows: list[dict[str, Any]] = []
        positions = set()
        after: dict[str, str] = {}
        while True:
            page = await self.json(path, limit=200, **params, **after)
            rows += page["items"]
            positions.add(page["as_of"])
            if "next" not in page:
                break
            after = {"after": page["next"]}
        if len(positions) > 1:
            raise NotCollected(f"{self.service}'s {path} changed while it was read; check again when nobody writes")
        return Shown(positions.pop(), rows)


@dataclass(frozen=True, slots=True)
class Shown:
    """The rows a service shows as of a position of its log."""

    as_of: int
    rows: list[dict[str, Any]]
