"""What an import would do, row by row, before anything is stored: new, same, conflict or bad.

Owns the verdict over rows and the hash that binds a commit to the preview a person has seen. Must not write.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.exchange.kinds import ImportKind
from services.logistics.exchange.sheets import Row
from services.logistics.items.tables import item
from services.logistics.places.domain import ACCOUNTS
from services.logistics.places.tables import place
from shared.kit.access.roles import Principal
from shared.kit.canonical import canonical
from shared.kit.decisions.types import Command
from shared.kit.errors import FieldProblem
from shared.kit.http.reads import array
from shared.kit.http.validation import field_problems
from shared.kit.i18n import Languages


class Status(StrEnum):
    """What a row is to the books."""

    NEW = "new"
    SAME = "same"
    CONFLICT = "conflict"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A row, what it is to the books, and the command it would be."""

    row: int
    status: Status
    id: str | None = None
    errors: tuple[FieldProblem, ...] = ()
    command: Command | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """Who imports, on which day, and the languages their errors are looked up in."""

    principal: Principal
    on: date
    languages: Languages


async def preview(
    connection: AsyncConnection, kind: ImportKind, rows: Sequence[Row], asking: Asking
) -> tuple[Verdict, ...]:
    """What each row is to the books as they stand now."""
    twins: Counter[str] = Counter()
    stated: list[tuple[Row, Any, tuple[FieldProblem, ...]]] = []
    for row in rows:
        spelling = canonical(dict(row.values)).decode()
        said, errors = _fitted(kind, row, twins[spelling], asking)
        twins[spelling] += 1
        stated.append((row, said, errors))
    fitting = [said for _, said, errors in stated if not errors]
    found = await _found(connection, kind, [getattr(said, kind.key) for said in fitting])
    known = await _known(connection, fitting)
    seen: set[str] = set()
    return tuple(_verdict(kind, one, found, known, seen, asking) for one in stated)


def _fitted(kind: ImportKind, row: Row, twin: int, asking: Asking) -> tuple[Any, tuple[FieldProblem, ...]]:
    try:
        said = kind.model.model_validate(kind.content(row.values, twin))
    except ValidationError as error:
        places = field_problems(error.errors(include_url=False, include_input=False), asking.languages)
        return None, (*row.flaws, *(FieldProblem(_cell(row, one.location), one.message, one.params) for one in places))
    if not kind.allowed(said, asking.principal):
        return said, (*row.flaws, FieldProblem(_cell(row, kind.key), "Your role does not hold there."))
    return said, row.flaws


def _cell(row: Row, location: str) -> str:
    """The address of the cell a field stands in, or of the row where it stands in none."""
    return row.cells.get(location, f"{next(iter(row.cells.values())).rpartition('!')[0]}!{row.number}:{row.number}")


def _verdict(  # noqa: PLR0913, PLR0917 -- a row, and all that it is compared with
    kind: ImportKind,
    stated: tuple[Row, Any, tuple[FieldProblem, ...]],
    found: Mapping[str, sa.RowMapping],
    known: frozenset[str],
    seen: set[str],
    asking: Asking,
) -> Verdict:
    row, said, errors = stated
    if errors:
        return Verdict(row.number, Status.BAD, errors=errors)
    id_ = str(getattr(said, kind.key))
    errors = tuple(_unknown(row, said, known))
    if id_ in seen:
        errors = (*errors, FieldProblem(_cell(row, kind.key), "Another row has this id."))
    seen.add(id_)
    if errors:
        return Verdict(row.number, Status.BAD, id_, errors)
    command = kind.command(said, asking.principal, asking.on)
    there = found.get(id_)
    if there is None:
        return Verdict(row.number, Status.NEW, id_, command=command)
    differing = [name for name in kind.same if there[name] != getattr(said, name)]
    places = tuple(FieldProblem(_cell(row, name), "The books say something else here.") for name in differing)
    return Verdict(row.number, Status.CONFLICT if places else Status.SAME, id_, places, command)


def _unknown(row: Row, said: Any, known: frozenset[str]) -> list[FieldProblem]:
    """The cells of a lot that name an item or a place nobody has listed or opened."""
    if not hasattr(said, "lot_id"):
        return []
    unknown: list[FieldProblem] = []
    if f"item/{said.item_code}" not in known:
        unknown.append(FieldProblem(_cell(row, "item_code"), "There is no item under this code."))
    for name in ("place_id", "from_place_id"):
        if f"place/{getattr(said, name)}" not in known:
            unknown.append(FieldProblem(_cell(row, name), "There is no place under this id."))
    return unknown


async def _found(connection: AsyncConnection, kind: ImportKind, ids: Sequence[str]) -> Mapping[str, sa.RowMapping]:
    query = sa.select(kind.table).where(kind.table.c.id == array(ids))
    return {row["id"]: row for row in (await connection.execute(query)).mappings()}


async def _known(connection: AsyncConnection, stated: Sequence[Any]) -> frozenset[str]:
    lots = [said for said in stated if hasattr(said, "lot_id")]
    items = sa.select(item.c.id).where(item.c.id == array({said.item_code for said in lots}))
    named = {id_ for said in lots for id_ in (said.place_id, said.from_place_id)}
    places = sa.select(place.c.id).where(place.c.id == array(named), place.c.place_kind.is_not(None))
    return frozenset(
        {f"place/{one}" for one in ACCOUNTS}
        | {f"item/{one}" for one in (await connection.execute(items)).scalars()}
        | {f"place/{one}" for one in (await connection.execute(places)).scalars()}
    )


def counted(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """How many rows are new, the same, in conflict, bad."""
    found = Counter(one.status for one in verdicts)
    return {status.value: found[status] for status in Status}


def preview_hash(kind: ImportKind, content: bytes, verdicts: Sequence[Verdict]) -> str:
    """The SHA-256 that binds a commit to what was previewed.

    New and same count alike: what a first, broken commit has stored must not stand against the second.
    """
    rows = [[one.row, one.id or "", one.status in (Status.NEW, Status.SAME)] for one in verdicts]
    said = {"kind": kind.name, "file": hashlib.sha256(content).hexdigest(), "rows": rows}
    return hashlib.sha256(canonical(said)).hexdigest()
