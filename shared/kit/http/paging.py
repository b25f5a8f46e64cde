"""Pages of a list: by key or position, never by offset or time, so that nothing is skipped while it grows.

Owns opaque cursors, the page limit and the `Link` header. A cursor stands in addresses, so keys of a page are
ids, codes and positions, never personal data.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import Query, Request
from starlette.responses import Response

from shared.kit.errors import DomainError

MOST_ROWS = 200
DEFAULT_ROWS = 50
CURSOR_CHARACTERS = 512

Key = tuple[str | int, ...]


class CursorInvalid(DomainError):
    """The `after` of a page is not one this list gave."""

    slug = "cursor-invalid"
    status = 400
    detail = "The value of after was not given by this list."
    next_step = "Start without after, and follow the link to the next page."


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page is asked for: so many rows after a key of the last page."""

    limit: int
    after: str | None

    def key(self, *shape: type[str] | type[int]) -> Key | None:
        """The key after which the page begins, or None for the first page.

        Raises: CursorInvalid if the cursor does not hold values of these types.
        """
        if self.after is None:
            return None
        values = _decode(self.after)
        if len(values) != len(shape) or any(type(value) is not kind for value, kind in zip(values, shape, strict=True)):
            raise CursorInvalid
        return tuple(values)


async def page_request(
    limit: int = Query(DEFAULT_ROWS, ge=1, le=MOST_ROWS, description="most rows of the page"),
    after: str | None = Query(None, max_length=CURSOR_CHARACTERS, description="cursor given by the page before"),
) -> PageRequest:
    """The FastAPI dependency that reads `limit` and `after`."""
    return PageRequest(limit, after)


def page(
    request: Request,
    asked: PageRequest,
    rows: Sequence[Any],
    key: Callable[[Any], Key],
    *,
    as_of: int | None = None,
) -> Response:
    """A page of `rows`, which were read with one more than `asked.limit` so that the end is known.

    `rows` are JSON-ready; `as_of` is the log position they show.
    """
    shown = rows[: asked.limit]
    content: dict[str, Any] = {"items": shown}
    headers: dict[str, str] = {}
    if as_of is not None:
        content["as_of"] = as_of
    if len(rows) > asked.limit:
        content["next"] = encode_cursor(key(shown[-1]))
        following = request.url.include_query_params(after=content["next"], limit=asked.limit)
        headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'
    return Response(orjson.dumps(content), headers=headers, media_type="application/json")


def encode_cursor(key: Key) -> str:
    """A key as an opaque text."""
    return base64.urlsafe_b64encode(orjson.dumps(key)).rstrip(b"=").decode()


def _decode(cursor: str) -> list[Any]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        values = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error) as error:
        raise CursorInvalid from error
    if not isinstance(values, list) or any(isinstance(value, str) and "\x00" in value for value in values):
        raise CursorInvalid
    if any(type(value) is int and not -(2**63) <= value < 2**63 for value in values):
        raise CursorInvalid
    return values
