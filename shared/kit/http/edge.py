"""The outermost ring: what every request passes before any route sees it.

Owns the request's id and trace, who is asking (deny by default), the limits of bodies and rates, the strict
reading of JSON, the headers of every answer, and the last catch of a fault. Must not know what a route does.
"""

import asyncio
import time
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.kit.access.roles import Principal, TokenMissing, bearer_token
from shared.kit.access.tokens import TokenVerifier
from shared.kit.clock import new_id
from shared.kit.errors import DomainError, Problem, ProblemError
from shared.kit.http.json_input import parse
from shared.kit.http.limits import BodyReader, RateLimiter
from shared.kit.http.problems import ProblemHandlers
from shared.kit.i18n import choose_language
from shared.kit.observe.metrics import Metrics
from shared.kit.observe.tracing import RequestContext, Trace, current_request, enter_request

JSON = "application/json"
CLOUDEVENT = "application/cloudevents+json"
CLOUDEVENTS_BATCH = "application/cloudevents-batch+json"
MEDIA_TYPES = frozenset({JSON, CLOUDEVENT, CLOUDEVENTS_BATCH})
BODY_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})
METHODS = BODY_METHODS | {"GET", "HEAD", "OPTIONS"}
BODY_DEADLINE_S = 30
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Gate:
    """What the edge lets through: who, how much, and which forms of content. `public` paths ask for no token."""

    verifier: TokenVerifier
    limiter: RateLimiter
    reader: BodyReader
    public: Collection[str] = ()
    media_types: frozenset[str] = field(default=MEDIA_TYPES)

    def is_public(self, path: str) -> bool:
        """Whether a path is answered to anybody."""
        return path in self.public


class Edge:
    """The ASGI ring around an app."""

    def __init__(self, app: ASGIApp, *, gate: Gate, handlers: ProblemHandlers, metrics: Metrics) -> None:
        self.app = app
        self.gate = gate
        self.handlers = handlers
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens inside."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        context = _context_of(headers)
        enter_request(context)
        answer = _Answer(send, context.request_id)
        started = time.perf_counter()
        try:
            await self._answer(scope, headers, receive, answer)
        finally:
            self._record(scope, answer.status, time.perf_counter() - started)

    async def _answer(self, scope: Scope, headers: Headers, receive: Receive, answer: "_Answer") -> None:
        try:
            await self.app(scope, await self._admit(scope, headers, receive), answer.send)
        except DomainError as error:
            await answer.instead(self.handlers.expected(error), scope, receive, error)
        except Exception as error:
            await answer.instead(await self.handlers.on_fault(error), scope, receive, error)

    async def _admit(self, scope: Scope, headers: Headers, receive: Receive) -> Receive:
        if b"%00" in scope["query_string"] or "\x00" in scope["path"]:
            raise ProblemError(_nul_in_address())
        if not self.gate.is_public(scope["path"]):
            self._identify(scope, headers)
        if scope["method"] not in BODY_METHODS:
            return receive
        try:
            async with asyncio.timeout(BODY_DEADLINE_S):
                body = await self.gate.reader.read(headers, receive)
        except TimeoutError as error:
            raise ProblemError(_too_slow()) from error
        if body:
            self._check_content(scope, headers, body)
        return _replay(body, receive)

    def _identify(self, scope: Scope, headers: Headers) -> None:
        token = bearer_token(headers)
        if token is None:
            raise TokenMissing
        principal = Principal.of(self.gate.verifier.verify(token))
        self.gate.limiter.admit(principal.person_id)
        scope["principal"] = principal

    def _check_content(self, scope: Scope, headers: Headers, body: bytes) -> None:
        media_type, _, parameters = headers.get("content-type", "").lower().partition(";")
        charset = parameters.partition("charset=")[2].strip(' "') or "utf-8"
        if media_type.strip() not in self.gate.media_types or charset not in ("utf-8", "utf8"):
            raise ProblemError(_media_type_not_accepted(self.gate.media_types))
        if media_type.strip() == JSON:
            scope["json"] = parse(body)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        method = scope["method"] if scope["method"] in METHODS else "other"
        self.metrics.answered(method, route, status, seconds)
        if status >= 400 or route == "unmatched":
            log.info("request answered", method=method, route=route, status=status, **_actor(scope))
        else:
            log.debug("request answered", method=method, route=route, status=status, **_actor(scope))


class _Answer:
    """One answer on its way out: adds the headers of every answer and remembers its status."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id
        self.status = 499
        self.started = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = self._request_id
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            context = current_request()
            if context is not None:
                headers["traceparent"] = context.trace.traceparent
        await self._send(message)

    async def instead(self, response: ASGIApp, scope: Scope, receive: Receive, error: Exception) -> None:
        """Send a problem instead, unless the answer has begun: then only breaking it off tells that it failed."""
        if self.started:
            raise error
        await response(scope, receive, self.send)


def _context_of(headers: Headers) -> RequestContext:
    arrived = Trace.parse(headers.get("traceparent"))
    return RequestContext(
        request_id=_request_id(headers.get("x-request-id", "")),
        trace=arrived.child() if arrived else Trace.new(),
        language=choose_language(headers.get("accept-language")),
    )


def _request_id(sent: str) -> str:
    """The sender's own request id if it is a UUID, else a new one.

    Why only a UUID: the id is logged and shown, so it must not be able to hold a name or a number of somebody.
    """
    try:
        return str(uuid.UUID(sent)) if len(sent) in (32, 36) else new_id()
    except ValueError:
        return new_id()


def _replay(body: bytes, receive: Receive) -> Receive:
    replayed = False

    async def receive_again() -> Message:
        nonlocal replayed
        if replayed:
            return await receive()
        replayed = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


def _actor(scope: Scope) -> dict[str, str]:
    principal = scope.get("principal")
    return {"actor": principal.person_id, "role": principal.role} if isinstance(principal, Principal) else {}


def _nul_in_address() -> Problem:
    return Problem(
        "address-invalid",
        400,
        detail="The address holds a character that no text may hold.",
        next_step="Correct the sending program, then send again.",
    )


def _too_slow() -> Problem:
    return Problem(
        "body-too-slow",
        408,
        detail="The content did not come within %(deadline_s)s seconds.",
        next_step="Send the same again, in smaller parts if the connection is slow.",
        params={"deadline_s": BODY_DEADLINE_S},
        headers={"Connection": "close"},
    )


def _media_type_not_accepted(accepted: Collection[str]) -> Problem:
    return Problem(
        "media-type-not-accepted",
        415,
        detail="The content type is not accepted here.",
        next_step="Send one of these content types, in UTF-8: %(accepted)s.",
        params={"accepted": ", ".join(sorted(accepted))},
    )
