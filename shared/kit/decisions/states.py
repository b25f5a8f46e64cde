"""Aggregates' states in their typed tables: loaded and locked in one order, written in a few statements.

Owns the mapping between a frozen state dataclass and its rows, children included. Must not decide anything.
"""

import dataclasses
import enum
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, get_args, get_origin, get_type_hints

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.database import json_rows, recordset
from shared.kit.decisions.types import Children, Ref, StateKind

Lock = Literal["update", "share", "none"]
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

    def load(self, row: sa.RowMapping, **given: Any) -> Any:
        """The instance a row holds; `given` fills the fields kept elsewhere."""
        adapters = self._adapters
        values = {
            name: adapters[name].validate_python(row[name]) if name in adapters else row[name] for name in self.columns
        }
        return self.row_type(**values, **given)

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
        names = ", ".join(f'"{name}"' for name in columns)
        chosen = ", ".join(f'x."{name}"' for name in columns)
        changes = ", ".join(f'"{name}" = x."{name}"' for name in columns if name != "id")
        source = recordset(kind.table, columns)
        # State tables are named without a schema: a rebuild fills shadows of them through the search path.
        self._insert = sa.text(f'INSERT INTO "{kind.table.name}" ({names}) SELECT {chosen} FROM {source}')
        self._update = sa.text(f'UPDATE "{kind.table.name}" AS t SET {changes} FROM {source} WHERE t.id = x.id')

    async def load(self, connection: AsyncConnection, ids: Sequence[str], lock: Lock) -> dict[str, Any]:
        """The states of these ids that exist, locked in the order of their ids."""
        query = sa.select(*(self.table.c[name] for name in self._codec.columns))
        query = query.where(self.table.c.id == sa.any_(sa.bindparam("ids", ids, type_=sa.ARRAY(sa.Text))))
        query = query.order_by(self.table.c.id)
        if lock != "none":
            query = query.with_for_update(read=lock == "share")
        rows = (await connection.execute(query)).mappings().all()
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
        new = [self._codec.dump(state) for id_, state in after.items() if id_ not in before]
        changed = [self._codec.dump(state) for id_, state in after.items() if id_ in before]
        for statement, rows in ((self._insert, new), (self._update, changed)):
            if rows:
                await connection.execute(statement, {"rows": json_rows(rows)})
        for child in self._children:
            await child.write(connection, before, after)


class _ChildStore:
    """One mapping field of a state, a row an entry."""

    def __init__(self, children: Children) -> None:
        self.field = children.field
        self.table = children.table
        self._codec = RowCodec(children.row, children.table)
        columns = ["parent", "entry", *self._codec.columns]
        names = ", ".join(f'"{name}"' for name in columns)
        chosen = ", ".join(f'x."{name}"' for name in columns)
        changes = ", ".join(f'"{name}" = excluded."{name}"' for name in self._codec.columns)
        self._upsert = sa.text(
            f'INSERT INTO "{children.table.name}" ({names}) SELECT {chosen} FROM {recordset(children.table, columns)} '
            f"ON CONFLICT (parent, entry) DO UPDATE SET {changes}"
        )
        self._delete = sa.text(f'DELETE FROM "{children.table.name}" WHERE parent = :parent AND entry = :entry')

    async def load(self, connection: AsyncConnection, parents: Sequence[str]) -> dict[str, dict[str, Any]]:
        query = sa.select(self.table).where(
            self.table.c.parent == sa.any_(sa.bindparam("parents", parents, type_=sa.ARRAY(sa.Text)))
        )
        held: dict[str, dict[str, Any]] = {}
        for row in (await connection.execute(query)).mappings():
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
            await connection.execute(self._delete, [{"parent": parent, "entry": entry} for parent, entry in gone])
        if rows:
            await connection.execute(self._upsert, {"rows": json_rows(rows)})


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


def _is_plain(hint: Any) -> bool:
    hint = getattr(hint, "__supertype__", hint)
    if get_origin(hint) is not None:
        arms = [arm for arm in get_args(hint) if arm is not type(None)]
        return len(arms) < len(get_args(hint)) and all(_is_plain(arm) for arm in arms)
    return isinstance(hint, type) and issubclass(hint, _PLAIN) and not issubclass(hint, enum.Enum)
