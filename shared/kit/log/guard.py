"""The check before a service writes: has anybody outside the database seen more of its log than it holds?

Owns the refusal to go on from an older backup or a forked log. Reads only; repairing is `shared.kit.log.imports`.
"""

import asyncio
from collections.abc import Mapping, Sequence

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.kit.log import tiles
from shared.kit.log.errors import LogBehind, LogForked
from shared.kit.log.keys import LogFiles, load_verifiers
from shared.kit.log.notes import Checkpoint, NoteMalformed, parse, verified

_log = structlog.get_logger(__name__)


async def check_not_behind(
    engine: AsyncEngine,
    files: LogFiles,
    *,
    notes: Sequence[str] = (),
    tails: Mapping[int, int] | None = None,
) -> None:
    """Refuse to go on if the kept checkpoint, a published one or a stream's tail is ahead of the log.

    `notes` are checkpoints found outside (the stream's last); those this log's keys did not sign are ignored,
    so that nobody can stop the service by publishing rubbish. `tails` is partition → last number in its stream.
    Raises: LogBehind when the log is shorter, LogForked when its root at that size is another.
    """
    kept, published = await asyncio.to_thread(_witnessed, files, notes)
    async with engine.connect() as connection:
        head = await tiles.read_head(connection)
        if head is None:
            _check_nothing_seen(kept, tails or {})
            return
        if kept is not None and kept.origin != head.origin:
            raise LogForked("the kept checkpoint belongs to another log")
        for partition, number in sorted((tails or {}).items()):
            here = head.numbers[partition] if partition < len(head.numbers) else 0
            if number > here:
                raise LogBehind(f"partition {partition} was published up to number {number}, the log has {here}")
        seen = [kept] if kept is not None else []
        await _check_roots(connection, head, seen + [each for each in published if each.origin == head.origin])


async def check_never_opened(files: LogFiles, *, tails: Mapping[int, int]) -> None:
    """Refuse to open a log in an empty database if one was kept or published before: the database was lost.

    Raises: LogBehind.
    """
    kept = await asyncio.to_thread(files.kept)
    _check_nothing_seen(parse(kept) if kept is not None else None, tails)


def _witnessed(files: LogFiles, notes: Sequence[str]) -> tuple[Checkpoint | None, list[Checkpoint]]:
    kept = files.kept()
    verifiers = load_verifiers(files)
    published = []
    for note in notes:
        try:
            checkpoint = verified(note, verifiers)
        except NoteMalformed:
            checkpoint = None
        if checkpoint is None:
            _log.warning("published_checkpoint_ignored", reason="not signed by this log's key")
        else:
            published.append(checkpoint)
    return (parse(kept) if kept is not None else None), published


def _check_nothing_seen(kept: Checkpoint | None, tails: Mapping[int, int]) -> None:
    if kept is not None:
        raise LogBehind(f"a checkpoint over {kept.size} leaves is kept, the database has no log")
    for partition, number in sorted(tails.items()):
        if number:
            raise LogBehind(f"partition {partition} was published up to number {number}, the database has no log")


async def _check_roots(connection: AsyncConnection, head: tiles.Head, seen: Sequence[Checkpoint]) -> None:
    last = await tiles.latest_signed(connection, head.origin)
    tiled = last.checkpoint.size if last else 0
    for checkpoint in sorted({*seen, *([last.checkpoint] if last else [])}, key=lambda each: each.size):
        if checkpoint.size > head.position:
            raise LogBehind(f"{checkpoint.size} leaves were signed, the log has {head.position}")
        if await tiles.root_at(connection, checkpoint.size, tiled=tiled) != checkpoint.root:
            raise LogForked(f"the log's root at {checkpoint.size} leaves is not the one that was signed")
