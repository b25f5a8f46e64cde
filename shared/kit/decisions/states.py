"""Aggregates' states in their typed tables: loaded and locked in one order, written in a few statements.

Owns the mapping between a frozen state dataclass and its rows, children included. Must not decide anything.
"""

import dataclasses
import enum
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import Any, Literal, get_args, get_origin, get_type_hints

import asyncpg
import orjson
import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.database import copy_rows, fetch, json_rows, recordset
from shared.kit.decisions.types import Children, Ref, StateKind

Lock = Literal["update", "share", "none"]
_LOCKING: Mapping[Lock, str] = {"update": "FOR UPDATE", "share": "FOR SHARE", "none": ""}
_PLAIN = (str, int, bool, bytes, date, datetime)


class RowCodec:
    """Turns instances of one frozen dataclass into rows of one table and back."""

    def __init__(self, row_type: type[Any], table: sa.Table, *, skip: Iterable[str] = ()) -> None:
        hints = get_type_hints(row_type)
        left_out = set(skip)
        self.row_type = row_type
        self.columns = [f.name for f in dataclasses.fields(row_type) if f.name not in left_out]
        missing = [name for name in self.columns if name not in table.c]
        if missing:
            raise TypeError(f"{row_type.__name__}: table {table.fullname} lacks the columns {missing}")
        self._json = {name for name in self.columns if isinstance(table.c[name].type, JSONB)}
        self._adapters = {name: TypeAdapter(hints[name]) for name in self.columns if not _is_plain(hints[name])}
        self._values = (
            attrgetter(*self.columns) if len(self.columns) > 1 else lambda row: (getattr(row, *self.columns),)
        )
        # An enumeration's word is a text as it stands; only other values must be turned into what JSON holds.
        self._dumped = [
            (place, name)
            for place, name in enumerate(self.columns)
            if name in self._json or (name in self._adapters and not _is_plain(hints[name], words=True))
        ]

    def load(self, row: asyncpg.Record, **given: Any) -> Any:
        """The instance a row holds; `given` fills the fields kept elsewhere."""
        values = {name: row[name] for name in self.columns}
        for name, adapter in self._adapters.items():
            values[name] = adapter.validate_python(values[name])
        return self.row_type(**values, **given)

    def record(self, instance: Any) -> list[Any]:
        """The row of an instance in the order of `columns`, in values that COPY takes: JSON as text."""
        values = list(self._values(instance))
        for place, name in self._dumped:
            value = values[place]
            if name in self._adapters:
                value = self._adapters[name].dump_python(value, mode="json")
            if name in self._json and value is not None:
                value = orjson.dumps(value).decode()
            values[place] = value
        return values

    def dump(self, instance: Any) -> dict[str, Any]:
        """The row of an instance, in values that JSON can carry into the database."""
        row = {}
        for name in self.columns:
            value = getattr(instance, name)
            if name in self._adapters:
                value = self._adapters[name].dump_python(value, mode="json")
            elif isinstance(value, bytes):
                value = "\\x" + value.hex()
            row[name] = value
        return row


class StateStore:
    """The tables of one state kind."""

    def __init__(self, kind: StateKind[Any]) -> None:
        self.kind = kind
        self.table = kind.table
        child_fields = {child.field for child in kind.children}
        self._codec = RowCodec(kind.state, kind.table, skip=child_fields)
        self._children = [_ChildStore(child) for child in kind.children]
        columns = self._codec.columns
        changes = ", ".join(f'"{name}" = x."{name}"' for name in columns if name != "id")
        # State tables are named without a schema: a rebuild fills shadows of them through the search path.
        chosen = f'SELECT {_quoted(columns)} FROM "{kind.table.name}" WHERE id = ANY($1) ORDER BY id'
        self._select = {lock: f"{chosen} {locking}" for lock, locking in _LOCKING.items()}
        source = recordset(kind.table, columns, place="$1")
        self._update = f'UPDATE "{kind.table.name}" AS t SET {changes} FROM {source} WHERE t.id = x.id'

    async def load(self, connection: AsyncConnection, ids: Sequence[str], lock: Lock) -> dict[str, Any]:
        """The states of these ids that exist, locked in the order of their ids."""
        rows = await fetch(connection, self._select[lock], ids)
        if not rows:
            return {}
        found = [row["id"] for row in rows]
        held = {child.field: await child.load(connection, found) for child in self._children}
        return {
            row["id"]: self._codec.load(row, **{name: entries.get(row["id"], {}) for name, entries in held.items()})
            for row in rows
        }

    async def write(self, connection: AsyncConnection, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        """Write the states that changed: new ones inserted (a lost race raises a unique violation), others updated."""
        new = [self._codec.record(state) for id_, state in after.items() if id_ not in before]
        changed = [self._codec.dump(state) for id_, state in after.items() if id_ in before]
        await copy_rows(connection, self.table, self._codec.columns, new)
        if changed:
            await fetch(connection, self._update, json_rows(changed))
        for child in self._children:
            await child.write(connection, before, after)


class _ChildStore:
    """One mapping field of a state, a row an entry."""

    def __init__(self, children: Children) -> None:
        self.field = children.field
        self.table = children.table
        self._codec = RowCodec(children.row, children.table)
        columns = ["parent", "entry", *self._codec.columns]
        chosen = ", ".join(f'x."{name}"' for name in columns)
        changes = ", ".join(f'"{name}" = excluded."{name}"' for name in self._codec.columns)
        source = recordset(children.table, columns, place="$1")
        self._select = f'SELECT {_quoted(columns)} FROM "{children.table.name}" WHERE parent = ANY($1)'
        self._upsert = (
            f'INSERT INTO "{children.table.name}" ({_quoted(columns)}) '
            f"SELECT {chosen} FROM {source} ON CONFLICT (parent, entry) DO UPDATE SET {changes}"
        )
        self._delete = (
            f'DELETE FROM "{children.table.name}" '
            "WHERE (parent, entry) IN (SELECT * FROM unnest(CAST($1 AS text[]), CAST($2 AS text[])))"
        )

    async def load(self, connection: AsyncConnection, parents: Sequence[str]) -> dict[str, dict[str, Any]]:
        held: dict[str, dict[str, Any]] = {}
        for row in await fetch(connection, self._select, parents):
            held.setdefault(row["parent"], {})[row["entry"]] = self._codec.load(row)
        return held

    async def write(self, connection: AsyncConnection, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
        rows: list[dict[str, Any]] = []
        gone: list[tuple[str, str]] = []
        for id_, state in after.items():
            now: Mapping[str, Any] = getattr(state, self.field)
            was: Mapping[str, Any] = getattr(before[id_], self.field) if id_ in before else {}
            rows += [
                {"parent": id_, "entry": entry, **self._codec.dump(row)}
                for entry, row in now.items()
                if was.get(entry) != row
            ]
            gone += [(id_, entry) for entry in was if entry not in now]
        if gone:
            await fetch(connection, self._delete, [parent for parent, _ in gone], [entry for _, entry in gone])
        if rows:
            await fetch(connection, self._upsert, json_rows(rows))


class StateStores:
    """Every state kind of a service, by name and by state class."""

    def __init__(self, kinds: Sequence[StateKind[Any]]) -> None:
        self.by_kind = {kind.name: StateStore(kind) for kind in sorted(kinds, key=lambda kind: kind.name)}
        self.kind_of = {kind.state: kind.name for kind in kinds}

    async def load(
        self, connection: AsyncConnection, writes: Iterable[Ref], reads: Iterable[Ref], *, locked: bool = True
    ) -> dict[Ref, Any]:
        """The states of these aggregates, locked in (kind, id) order.

        A kind that any command writes is locked for update throughout: mixing both modes in one kind would break
        the order and invite deadlocks.
        """
        writing: dict[str, set[str]] = {}
        wanted: dict[str, set[str]] = {}
        for ref in writes:
            writing.setdefault(ref.kind, set()).add(ref.id)
            wanted.setdefault(ref.kind, set()).add(ref.id)
        for ref in reads:
            wanted.setdefault(ref.kind, set()).add(ref.id)
        states: dict[Ref, Any] = {}
        for kind in sorted(wanted):
            lock: Lock = "none" if not locked else "update" if kind in writing else "share"
            loaded = await self.by_kind[kind].load(connection, sorted(wanted[kind]), lock)
            states.update((Ref(kind, id_), state) for id_, state in loaded.items())
        return states

    async def write(self, connection: AsyncConnection, before: Mapping[Ref, Any], after: Mapping[Ref, Any]) -> None:
        """Write every state that an event changed, kind by kind in the global order."""
        by_kind: dict[str, dict[str, Any]] = {}
        for ref in sorted(after):
            by_kind.setdefault(ref.kind, {})[ref.id] = after[ref]
        for kind, states in by_kind.items():
            was = {id_: before[Ref(kind, id_)] for id_ in states if Ref(kind, id_) in before}
            await self.by_kind[kind].write(connection, was, states)


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _is_plain(hint: Any, *, words: bool = False) -> bool:
    """Whether the driver takes and gives values of a type as they are; `words`: enumerations of texts, too."""
    hint = getattr(hint, "__supertype__", hint)
    if get_origin(hint) is not None:
        arms = [arm for arm in get_args(hint) if arm is not type(None)]
        return len(arms) < len(get_args(hint)) and all(_is_plain(arm, words=words) for arm in arms)
    if not isinstance(hint, type):
        return False
    return words and issubclass(hint, str) if issubclass(hint, enum.Enum) else issubclass(hint, _PLAIN)
