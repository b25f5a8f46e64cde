"""Another service's log, read over HTTP.

Owns the client of `GET /v1/log/entries`. For whoever comes too late for the stream (a new service, a restore, a
long absence) and for entries that are damaged on the broker. Must not apply anything.
"""

from collections.abc import Callable
from typing import Any

import httpx
import orjson

from shared.kit.streams.entry import Entry, hash_leaf
from shared.kit.streams.faults import Unavailable

PAGE = 1_024  # entries of a full page, which the source may keep ready


class LogReader:
    """Reads the log of one source. `token` gives the bearer token to show, anew for each request."""

    def __init__(self, client: httpx.AsyncClient, source: str, url: str, token: Callable[[], str]) -> None:
        self.source = source
        self.pages = 0
        self._client = client
        self._url = url.rstrip("/") + "/v1/log/entries"
        self._token = token

    async def read(self, partition: int, *, after: int, limit: int = PAGE) -> list[Entry]:
        """Up to `limit` entries of a partition after a number, in order; none at the log's end.

        Raises: Unavailable when the source does not answer, or answers something else than the next entries.
        """
        query = {"partition": partition, "after": after, "limit": limit}
        try:
            answer = await self._client.get(
                self._url, params=query, headers={"Authorization": f"Bearer {self._token()}"}
            )
        except httpx.HTTPError as error:
            raise Unavailable(f"the log of {self.source}: {type(error).__name__}") from error
        if answer.status_code != httpx.codes.OK:
            raise Unavailable(f"the log of {self.source} answers {answer.status_code}")
        self.pages += 1
        try:
            entries = [self._entry(partition, fields) for fields in orjson.loads(answer.content)["entries"]]
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            raise Unavailable(f"the log of {self.source} answers no entries") from error
        if [entry.number for entry in entries] != list(range(after + 1, after + 1 + len(entries))):
            raise Unavailable(f"the log of {self.source} has a hole after number {after} of partition {partition}")
        return entries

    def _entry(self, partition: int, fields: dict[str, Any]) -> Entry:
        leaf = fields["leaf"].encode()
        return Entry(
            source=self.source,
            partition=partition,
            number=fields["number"],
            position=fields["position"],
            leaf=leaf,
            leaf_hash=hash_leaf(leaf),
        )
