"""Log lines: one JSON object each, on standard error, without personal data.

Owns the list of what may be logged. A key outside the list is dropped and counted; an exception is told by its
type and places, never by its message; a library's line by its template, never by its values. Must not decide
what happened.
"""

import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from types import TracebackType
from typing import Any, TextIO

import orjson
import structlog

from shared.kit.errors import DomainError
from shared.kit.observe.tracing import current_request

ALLOWED_KEYS = frozenset(
    {
        "actor",
        "after",
        "age_ms",
        "applied_by_all",
        "attempts",
        "batch",
        "before",
        "broker",
        "bytes",
        "cause",
        "check",
        "command",
        "consumer",
        "count",
        "delay_ms",
        "dropped",
        "duration_ms",
        "entries",
        "epoch",
        "error",
        "event",
        "exception",
        "first",
        "first_kept",
        "frames",
        "host",
        "kind",
        "lag",
        "last",
        "lease_epoch",
        "level",
        "logger",
        "method",
        "number",
        "owner",
        "part",
        "partition",
        "partitions",
        "port",
        "position",
        "reason",
        "request_id",
        "role",
        "route",
        "seed",
        "service",
        "signal",
        "size",
        "slug",
        "source",
        "sqlstate",
        "state",
        "status",
        "step",
        "stream",
        "tail",
        "timestamp",
        "trace_id",
        "type",
        "until",
        "version",
    }
)
# A name of a type or part; anything else under these keys may be a message with values in it.
NAME_KEYS = frozenset({"command", "error", "part"})
TEXT_CHARACTERS = 200
FRAMES = 12
# Defence in depth: an identity or account number that slipped into an allowed key.
_LONG_NUMBER = re.compile(r"(?<![0-9A-Za-z-])\d{10,}(?![0-9A-Za-z-])")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,80}")

Line = MutableMapping[str, Any]


def configure_logging(service: str, *, level: str = "info", stream: TextIO | None = None) -> None:
    """Send every log line of this process, ours and the libraries', as JSON to standard error."""
    output = stream or sys.stderr
    least = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _with_origin(service),
            tell_exception,
            keep_allowed,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.WriteLoggerFactory(output),
        cache_logger_on_first_use=False,
    )
    handler = LibraryHandler()
    logging.basicConfig(handlers=[handler], level=max(least, logging.INFO), force=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = name != "uvicorn.access"


def keep_allowed(_logger: Any, _method: str, line: Line) -> Line:
    """Drop every key that is not on the list, and shorten and mask the values of the rest."""
    kept = {key: _plain(value) for key, value in line.items() if key in ALLOWED_KEYS and _is_name(key, value)}
    dropped = len(line) - len(kept)
    return {**kept, "dropped": dropped} if dropped else kept


def tell_exception(_logger: Any, _method: str, line: Line) -> Line:
    """Replace an exception by its type, slug and places. Its message may hold somebody's input."""
    given = line.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        line.update(describe(error))
    return line


def describe(error: BaseException) -> dict[str, Any]:
    """What may be said of an exception: its types down the causes, its slug, its frames."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__ or cause.__context__
    described: dict[str, Any] = {
        "exception": _type_of(error),
        "frames": _frames(error.__traceback__),
    }
    if len(chain) > 1:
        described["cause"] = " < ".join(_type_of(one) for one in chain[1:])
    if isinstance(error, DomainError):
        described["slug"] = error.problem.slug
    states = [state for one in chain if isinstance(state := getattr(one, "sqlstate", None), str)]
    if states:
        described["sqlstate"] = states[0]
    return described


def render(_logger: Any, _method: str, line: Line) -> str:
    """The line as JSON."""
    return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


class LibraryHandler(logging.Handler):
    """Tells a library's record by its unfilled template, so that no value of it is logged."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        template = record.msg if isinstance(record.msg, str) and record.args else "library message"
        structlog.get_logger().log(
            record.levelno,
            template,
            logger=record.name,
            exc_info=record.exc_info,
            frames=None if record.exc_info else [f"{record.module}:{record.lineno}"],
        )


def _with_origin(service: str) -> Any:
    def add(_logger: Any, _method: str, line: Line) -> Line:
        line["service"] = service
        context = current_request()
        if context is not None:
            line.setdefault("request_id", context.request_id)
            line.setdefault("trace_id", context.trace.trace_id)
        return line

    return add


def _is_name(key: str, value: Any) -> bool:
    return key not in NAME_KEYS or (isinstance(value, str) and _NAME.fullmatch(value) is not None)


def _plain(value: Any) -> Any:
    match value:
        case bool() | int() | None:
            return value
        case str():
            return _LONG_NUMBER.sub("[number]", value[:TEXT_CHARACTERS])
        case Mapping():
            return {str(key): _plain(child) for key, child in list(value.items())[:FRAMES]}
        case list() | tuple():
            return [_plain(child) for child in value[:FRAMES]]
        case _:
            return type(value).__name__


def _type_of(error: BaseException) -> str:
    kind = type(error)
    return f"{kind.__module__}.{kind.__qualname__}"


def _frames(tb: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(tb)[-FRAMES:]
    return [f"{'/'.join(frame.filename.rsplit('/', 3)[-3:])}:{frame.lineno} {frame.name}" for frame in frames]
