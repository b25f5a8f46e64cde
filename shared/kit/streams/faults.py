"""Whose fault a failure is, and how long to wait before trying again.

Owns the line between what an entry does wrong, which sets it aside, and what its surroundings do wrong, which
never does. Must not act on either.
"""

import asyncio
import random
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from shared.kit.database import is_unreachable, sqlstate, wants_rerun

# SQLSTATE classes that tell of the server, the session or the installation: connection, transaction rollback,
# operator's intervention, resources, object in use, system error, sign-in, missing database or schema.
_SURROUNDING_CLASSES = frozenset({"08", "40", "57", "53", "55", "58", "28", "3D", "3F"})
# Read-only server, session ended, and a table, column or right that is missing: a deployment that is not
# finished would otherwise set every entry aside.
_SURROUNDING_STATES = frozenset({"25006", "25P03", "25P04", "42P01", "42703", "42501"})


class Unavailable(Exception):
    """Something this service needs does not answer; trying again later can succeed."""


class LostLease(Exception):
    """The cursor moved or belongs to another replica: nothing of this transaction may stay."""


class SourceForked(Exception):
    """The source's history is not the one applied before: its log was replaced or rewritten.

    The partition stops until the source's log agrees again (`tanggap audit import` at the source).
    """

    slug = "source-forked"


class StreamAhead(Exception):
    """The broker holds numbers the log does not: an older backup of the database runs.

    Bring the missing leaves back with `tanggap audit import`, then start again.
    """

    slug = "stream-ahead"


def surroundings_failed(error: BaseException) -> bool:
    """Whether the failure says nothing about the entry, so the same work may succeed later."""
    if isinstance(error, Unavailable | RedisError | OSError | TimeoutError) or is_unreachable(error):
        return True
    state = sqlstate(error)
    return state is not None and (state[:2] in _SURROUNDING_CLASSES or state in _SURROUNDING_STATES)


def lost_a_race(error: BaseException) -> bool:
    """Whether running the same transaction again at once can succeed."""
    return isinstance(error, DBAPIError) and wants_rerun(error)


def reason_of(error: BaseException) -> str:
    """A parking reason without anything the error quotes: messages and statements may hold personal data."""
    state = sqlstate(error)
    kind = getattr(error, "slug", None) or type(error).__name__
    return f"failed: {kind} ({state})" if state else f"failed: {kind}"


def describe(error: BaseException) -> str:
    """An error for the log: its kind, and where it was raised if it is a fault of ours; never its text."""
    kind = reason_of(error).removeprefix("failed: ")
    if surroundings_failed(error) or error.__traceback__ is None:
        return kind
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "site-packages" not in frame.filename]
    return f"{kind} at {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else kind


@dataclass(slots=True)
class Backoff:
    """Growing, jittered waits: each between half and all of a bound that doubles up to a cap."""

    base_s: float = 0.1
    cap_s: float = 10.0
    failures: int = field(default=0, init=False)

    def next_s(self) -> float:
        """The next wait, one failure later."""
        bound_s = min(self.cap_s, self.base_s * float(1 << min(self.failures, 16)))
        self.failures += 1
        return bound_s * random.uniform(0.5, 1.0)

    def reset(self) -> None:
        """It worked again."""
        self.failures = 0


async def wait_for(event: asyncio.Event, timeout_s: float) -> bool:
    """Wait until the event is set, at most so long; whether it was."""
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        return False
    return True
