"""Following one request through all services: W3C Trace Context and the request's own id.

Owns parsing and making `traceparent`, and the context variable that carries it from a request to the commands
it causes. Must not export anything: OpenTelemetry, where installed, reads the same header.
"""

import re
import secrets
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Self

# Source: W3C Trace Context, Recommendation 2021-11-23, 3.2.2; later versions may append fields.
_TRACEPARENT = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
TRACEPARENT_CHARACTERS = 256


@dataclass(frozen=True, slots=True)
class Trace:
    """One step of a trace: the whole trace's id and this step's own."""

    trace_id: str
    span_id: str
    flags: str = "01"

    @classmethod
    def new(cls) -> Self:
        """The first step of a new trace."""
        return cls(secrets.token_hex(16), secrets.token_hex(8))

    @classmethod
    def parse(cls, header: str | None) -> Self | None:
        """The step a `traceparent` header names, or None if there is none or it is not well-formed."""
        if header is None or len(header) > TRACEPARENT_CHARACTERS:
            return None
        match = _TRACEPARENT.fullmatch(header)
        if match is None or (match[1] == "00" and match[5]):
            return None
        return cls(match[2], match[3], match[4])

    def child(self) -> Self:
        """The next step of the same trace."""
        return type(self)(self.trace_id, secrets.token_hex(8), self.flags)

    @property
    def traceparent(self) -> str:
        """The header that hands this step on."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What is known about a request from its first byte: its id, its trace, and the language of the answer."""

    request_id: str
    trace: Trace
    language: str


_current: ContextVar[RequestContext | None] = ContextVar("request_context", default=None)


def current_request() -> RequestContext | None:
    """The request being answered, or None outside of one."""
    return _current.get()


def enter_request(context: RequestContext) -> None:
    """Make a request the current one of this task."""
    _current.set(context)


def current_traceparent() -> str | None:
    """The `traceparent` a command made now carries."""
    context = _current.get()
    return context.trace.traceparent if context else None
