"""A flood written out as JSON lines, for reading and for other players.

Owns the file's form: the options and sizes first, then posts, batches in the order sent, and what officers will find.
Must not hold anything that is not the plan's.
"""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import orjson

from tanggap.flood.plan import World

NOTE = "DATA CONTOH: nobody in this file exists; every NIK and KK number ends in a serial that is never issued"


def lines_of(world: World) -> Iterator[bytes]:
    """The lines of a flood, each with its line feed."""
    yield _line(
        "flood", note=NOTE, options=asdict(world.options), sizes=asdict(world.sizes), disaster=world.disaster_id
    )
    for post in world.posts:
        yield _line("post", **asdict(post))
    for post_id, batches in world.batches.items():
        for batch in batches:
            head = orjson.dumps({"kind": "batch", "post_id": post_id, "resent": batch.resent})
            yield head[:-1] + b',"reports":' + batch.body + b"}\n"
    for casualty in world.casualties:
        yield _line("casualty", **asdict(casualty))
    for survey in world.surveys:
        yield _line("survey", **asdict(survey))


def _line(kind: str, **members: Any) -> bytes:
    return orjson.dumps({"kind": kind, **members}) + b"\n"
