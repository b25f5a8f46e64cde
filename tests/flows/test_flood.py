"""One flood through three services: the demo's story, held against the services' own logs."""

import time
from collections.abc import Callable
from pathlib import Path

from tanggap.flood.player import play
from tests.flows.town import town


async def test_small_flood_leaves_nothing_lost(
    tmp_path: Path, make_database: Callable[[], str], redis_url: str
) -> None:
    """A flood of fifty households goes through all services."""
    async with town(tmp_path, make_database, redis_url) as built:
        began = time.monotonic()
        try:
            result = await play(built.box, scale=0.002, seed=7)
        except Exception:
            print(built.last_words())
            raise
        print(result.document, time.monotonic() - began)
