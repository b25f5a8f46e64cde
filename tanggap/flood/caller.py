"""How players ask: again and again until they are answered, as on a bad network.

Owns retries and their deadline, and that every final answer is in the journal. The same request is always sent with
the same ids, so asking again is safe. Must not know what is asked.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import httpx
import orjson

from tanggap.flood.journal import Answered, Journal, batch_line, command_line

BATCH = "application/cloudevents-batch+json"
DEADLINE_S = 180.0
REQUEST_TIMEOUT_S = 60.0
FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 1.0
CONNECTIONS = 32
TOO_MANY = 429


class Unanswered(Exception):
    """A service gave no final answer in time."""

    slug = "unanswered"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who asks: a pseudonym and a token."""

    name: str
    token: str


class Caller:
    """The players' connections to the services of one box."""

    def __init__(self, urls: Mapping[str, str], journal: Journal) -> None:
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        self._clients = {
            service: httpx.AsyncClient(base_url=url, timeout=REQUEST_TIMEOUT_S, limits=limits, trust_env=False)
            for service, url in urls.items()
        }
        self._journal = journal
        self.attempts = 0

    @property
    def services(self) -> frozenset[str]:
        """The services there are."""
        return frozenset(self._clients)

    async def __aenter__(self) -> "Caller":
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for client in self._clients.values():
            await client.aclose()

    async def command(self, service: str, actor: Actor, path: str, key: str, body: Mapping[str, Any]) -> Answered:
        """Ask one thing of a service under a key of one's own. Raises: Unanswered."""
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        answer = await self._ask(service, actor, path, orjson.dumps(body), headers)
        self._journal.write(command_line(service, actor.name, key, answer))
        return answer

    async def commands(
        self, service: str, actor: Actor, path: str, key: str, body: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any], ...]:
        """Ask several things in one request; each is answered for itself. Raises: Unanswered."""
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        answer = await self._ask_whole(service, actor, path, orjson.dumps(body), headers)
        self._journal.write(batch_line(service, actor.name, key, answer))
        return _items(answer)

    async def reports(
        self, service: str, actor: Actor, ids: Sequence[str], body: bytes
    ) -> tuple[Mapping[str, Any], ...]:
        """Send a batch of reports until each has an answer that holds. Raises: Unanswered."""
        answer = await self._ask_whole(service, actor, "/v1/events", body, {"Content-Type": BATCH})
        self._journal.write(batch_line(service, actor.name, ids[0], answer, ids=ids))
        return _items(answer)

    async def preview(
        self, service: str, actor: Actor, path: str, content: bytes, media_type: str
    ) -> Mapping[str, Any]:
        """Have a table looked at; nothing of it is stored. Raises: Unanswered, also where the answer is a problem."""
        answer = await self._ask(service, actor, path, content, {"Content-Type": media_type})
        if not answer.accepted:
            raise Unanswered(f"{service} answered {answer.status} ({answer.slug}) to {path}")
        return answer.content

    async def table(  # noqa: PLR0913, PLR0917 -- a table is sent with its kind, and under a key
        self, service: str, actor: Actor, path: str, key: str, content: bytes, media_type: str
    ) -> Answered:
        """Have a table taken in that was looked at; each row is answered for itself. Raises: Unanswered."""
        headers = {"Idempotency-Key": key, "Content-Type": media_type}
        answer = await self._ask_whole(service, actor, path, content, headers)
        self._journal.write(batch_line(service, actor.name, key, answer))
        return answer

    async def read(self, service: str, actor: Actor, path: str, **params: Any) -> dict[str, Any]:
        """Read something. Raises: Unanswered, also where the answer is a problem."""
        answer = await self._ask(service, actor, path, None, {}, params=params)
        if not answer.accepted:
            raise Unanswered(f"{service} answered {answer.status} ({answer.slug}) to {path}")
        return dict(answer.content)

    async def read_all(self, service: str, actor: Actor, path: str, **params: Any) -> list[dict[str, Any]]:
        """Read every page of a list. Raises: Unanswered."""
        rows: list[dict[str, Any]] = []
        after: dict[str, str] = {}
        while True:
            page = await self.read(service, actor, path, limit=200, **params, **after)
            rows += page["items"]
            if "next" not in page:
                return rows
            after = {"after": page["next"]}

    async def fetch(self, service: str, actor: Actor, path: str) -> bytes:
        """Read something that is no JSON, such as a page to print. Raises: Unanswered."""
        give_up_at = time.monotonic() + DEADLINE_S
        headers = {"Authorization": f"Bearer {actor.token}"}
        while time.monotonic() < give_up_at:
            response = await self._once(service, "GET", path, headers=headers)
            if response is not None and response.status_code < 500:
                if response.is_success:
                    return response.content
                raise Unanswered(f"{service} answered {response.status_code} to {path}")
            await asyncio.sleep(FIRST_PAUSE_S)
        raise Unanswered(f"{service} did not answer to {path} for {DEADLINE_S:.0f} s")

    async def metrics(self, service: str) -> str:
        """A service's metrics, or nothing while it does not answer."""
        response = await self._once(service, "GET", "/metrics")
        return response.text if response is not None and response.is_success else ""

    async def _ask_whole(
        self, service: str, actor: Actor, path: str, body: bytes, headers: Mapping[str, str]
    ) -> Answered:
        """Ask until no item failed by a fault of the service: what failed was not kept, the rest is only replayed."""
        give_up_at = time.monotonic() + DEADLINE_S
        pause_s = FIRST_PAUSE_S
        while True:
            answer = await self._ask(service, actor, path, body, headers)
            if not any(item["status"] == "failed" for item in answer.content.get("items", ())):
                return answer
            if time.monotonic() > give_up_at:
                raise Unanswered(f"{service} keeps failing items sent to {path}")
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _ask(  # noqa: PLR0913, PLR0917 -- a request has this many parts
        self,
        service: str,
        actor: Actor,
        path: str,
        body: bytes | None,
        headers: Mapping[str, str],
        params: Mapping[str, Any] | None = None,
    ) -> Answered:
        give_up_at = time.monotonic() + DEADLINE_S
        pause_s = FIRST_PAUSE_S
        attempts = 0
        method = "GET" if body is None else "POST"
        sent = {"Authorization": f"Bearer {actor.token}", **headers}
        while True:
            attempts += 1
            self.attempts += 1
            response = await self._once(service, method, path, content=body, headers=sent, params=params)
            if response is not None and response.status_code < 500 and response.status_code != TOO_MANY:
                replayed = response.headers.get("Idempotency-Replayed") == "true"
                content = orjson.loads(response.content) if response.content else {}
                if replayed:
                    content["replayed"] = True
                return Answered(response.status_code, content, attempts, replayed)
            if time.monotonic() > give_up_at:
                status = "nothing" if response is None else str(response.status_code)
                raise Unanswered(f"{service} answered {status} to {path} for {DEADLINE_S:.0f} s")
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _once(self, service: str, method: str, path: str, **options: Any) -> httpx.Response | None:
        """One attempt; None where the connection was refused, broke, or timed out."""
        try:
            return await self._clients[service].request(method, path, **options)
        except httpx.TransportError:
            return None


def _items(answer: Answered) -> tuple[Mapping[str, Any], ...]:
    if answer.status != 200:
        raise Unanswered(f"a batch was refused whole: {answer.status} {answer.slug}")
    return tuple(answer.content["items"])
