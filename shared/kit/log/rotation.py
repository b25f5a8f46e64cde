"""Changing the key a log is signed with, so that whoever trusts the old key can go on trusting.

Owns the two steps around the checkpoint that both keys sign. The order is what makes it safe: the new key signs before
it is named in the log, and the old one is retired only after both have signed over that. Must not sign by itself.
"""

import base64
from datetime import date

import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.log import log_key_added
from shared.kit import clock
from shared.kit.database import Database
from shared.kit.decisions.types import Event, Ref
from shared.kit.log import tables, tiles
from shared.kit.log.append import append, read_identity
from shared.kit.log.errors import LogEmpty, LogError
from shared.kit.log.keys import LogFiles, create_next_key, load_signers, retire_present_key
from shared.kit.log.notes import Verifier, verified


class KeyChangeUnfinished(LogError):
    """The present key cannot be retired yet: a running service has to sign first."""

    slug = "log-key-change-unfinished"
    status = 409
    next_step = LogEmpty.next_step


async def begin_key_change(database: Database, files: LogFiles, *, actor: str, today: date) -> int:
    """Make the next key and name it in the log; both keys sign from here on. Gives the event's position.

    Safe to repeat: a key that is named already is not named twice. Raises: KeyProblem, LogEmpty.
    """
    async with database.transaction() as connection:
        head = await tiles.open_head(connection)
        key = create_next_key(files, head.origin)
        named = await _position_of(connection, head, key)
        if named is not None:
            return named
        identity = await read_identity(connection)
        if identity is None:
            raise LogEmpty("the log has not been opened")
        event = await _event(connection, head, key, actor, today)
        placed = await append(connection, identity, [event], clock.now())
        return placed[0].position


async def finish_key_change(database: Database, files: LogFiles) -> Verifier:
    """Retire the present key: the next one signs alone. Gives the key that signs now.

    Raises: KeyChangeUnfinished until a checkpoint over the event that names the new key is signed by both.
    """
    async with database.reading() as connection:
        head = await tiles.open_head(connection)
        signers = load_signers(files, head.origin)
        if len(signers) != 2:
            raise KeyChangeUnfinished("no key change was begun")
        old, new = (signer.verifier for signer in signers)
        position = await _position_of(connection, head, new)
        signed = await tiles.latest_signed(connection, head.origin)
    if position is None or signed is None or signed.checkpoint.size < position:
        raise KeyChangeUnfinished("the event that names the new key is not signed yet")
    if verified(signed.note, [old]) is None or verified(signed.note, [new]) is None:
        raise KeyChangeUnfinished("the latest checkpoint is not signed by both keys")
    retire_present_key(files)
    return new


def _service(head: tiles.Head) -> str:
    return head.source.split(":")[-2]


def _log_id(head: tiles.Head) -> str:
    return head.source.rpartition(":")[2]


async def _position_of(connection: AsyncConnection, head: tiles.Head, key: Verifier) -> int | None:
    """Where the log names a key, if it does. A log has few entries about itself."""
    table = tables.entry
    query = sa.select(table.c.position, table.c.leaf).where(table.c.subject == f"log/{_log_id(head)}")
    encoded = base64.b64encode(key.public_key).decode()
    for position, leaf in (await connection.execute(query.order_by(table.c.position))).all():
        if orjson.loads(leaf)["data"].get("public_key") == encoded:
            return int(position)
    return None


async def _event(connection: AsyncConnection, head: tiles.Head, key: Verifier, actor: str, today: date) -> Event:
    log_id, subject = _log_id(head), f"log/{_log_id(head)}"
    last = sa.select(sa.func.max(tables.entry.c.sequence)).where(tables.entry.c.subject == subject)
    payload = log_key_added(
        _service(head),
        log_id=log_id,
        key_name=key.name,
        public_key=base64.b64encode(key.public_key).decode(),
        added_on=today,
    )
    return Event(
        id=clock.new_id(),
        ref=Ref("log", log_id),
        sequence=(await connection.scalar(last) or 0) + 1,
        time=clock.now(),
        payload=payload,
        actor=actor,
        role="operator",
        correlation_id=clock.new_id(),
    )
