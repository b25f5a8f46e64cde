"""Connections and transactions. The only place that commits.

Owns the engine of one service, how a transaction begins and ends, and which database errors mean "run it
again". Must not know what is stored.
"""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from shared.kit.canonical import canonical

RETRYABLE_STATES = frozenset({"40001", "40P01", "23505"})
PING_AFTER_IDLE_S = 5.0
CONNECTION_STATES = frozenset({"08000", "08001", "08003", "08006", "57P01", "57P02", "57P03", "53300"})


class Database:
    """One service's PostgreSQL, reached through one pool."""

    def __init__(self, url: str, *, pool_size: int = 10, statement_timeout_ms: int = 30_000) -> None:
        settings = {
            "statement_timeout": str(statement_timeout_ms),
            "idle_in_transaction_session_timeout": "60000",
            "timezone": "UTC",
            "jit": "off",
        }
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            connect_args={"server_settings": settings, "timeout": 10},
        )
        _check_on_checkout(self.engine)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that commits when the block ends and rolls back when it raises."""
        async with self.engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A read-only transaction that sees one state of the whole database."""
        async with self.engine.connect() as connection:
            await connection.execute(sa.text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            yield connection

    async def close(self) -> None:
        """Give every connection back."""
        await self.engine.dispose()


def _check_on_checkout(engine: AsyncEngine) -> None:
    """Take no connection out of the pool whose server is gone.

    Why not `pool_pre_ping`: with asyncpg it costs three round trips a transaction, a third of what a small one takes.
    The driver knows at once when its server has closed a connection; only one that lay idle is asked.
    """
    dialect = engine.sync_engine.dialect

    def lay_down(_: DBAPIConnection | None, record: ConnectionPoolEntry) -> None:
        record.info["idle_since"] = time.monotonic()

    def take_up(connection: DBAPIConnection, record: ConnectionPoolEntry, _: PoolProxiedConnection) -> None:
        if connection.driver_connection.is_closed():
            raise sa.exc.InvalidatePoolError
        idle_since = record.info.get("idle_since")
        if idle_since is None or time.monotonic() - idle_since < PING_AFTER_IDLE_S:
            return
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            if not dialect.is_disconnect(error, connection, None):
                raise
            raise sa.exc.InvalidatePoolError from error

    sa.event.listen(engine.sync_engine, "checkin", lay_down)
    sa.event.listen(engine.sync_engine, "checkout", take_up)


def sqlstate(error: BaseException) -> str | None:
    """The five-letter state PostgreSQL gave with an error, if it came from PostgreSQL."""
    cause: BaseException | None = error
    while cause is not None:
        state = getattr(cause, "sqlstate", None)
        if isinstance(state, str):
            return state
        cause = getattr(cause, "orig", None) or cause.__cause__
    return None


def wants_rerun(error: DBAPIError) -> bool:
    """Whether running the same transaction again can succeed: deadlock, serialization, or a lost race to insert."""
    return sqlstate(error) in RETRYABLE_STATES


def is_unreachable(error: BaseException) -> bool:
    """Whether the database could not be reached or went away: the outcome is unknown and the client tries again."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, OSError | TimeoutError | sa.exc.TimeoutError) or sqlstate(error) in CONNECTION_STATES


async def copy_rows(
    connection: AsyncConnection, table: sa.Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert rows by binary COPY inside the connection's open transaction.

    Why: one COPY of 200 rows costs a fraction of 200 bound inserts. asyncpg reports a unique violation here as
    it would for an insert; it is raised as SQLAlchemy's DBAPIError so that one rule decides about running again.
    """
    if not rows:
        return
    driver = await _driver(connection)
    try:
        await driver.copy_records_to_table(table.name, schema_name=table.schema, columns=list(columns), records=rows)
    except asyncpg.PostgresError as error:
        raise DBAPIError(f"COPY {table.fullname}", None, error) from error


async def _driver(connection: AsyncConnection) -> asyncpg.Connection:
    raw = await connection.get_raw_connection()
    driver: asyncpg.Connection = raw.driver_connection  # type: ignore[assignment]
    if not driver.is_in_transaction():
        raise RuntimeError("COPY before the transaction's first statement would commit by itself")
    return driver


def recordset(table: sa.Table, columns: Sequence[str]) -> str:
    """The SQL of a row source that reads the JSON array bound as `:rows` as rows with the table's column types.

    Why: one parameter carries any number of rows of any column types, arrays and JSON included.
    """
    types = ", ".join(f'"{name}" {_type_of(table.c[name])}' for name in columns)
    return f"json_to_recordset(CAST(:rows AS json)) AS x({types})"


def json_rows(rows: Sequence[dict[str, Any]]) -> str:
    """Rows as the JSON text that `recordset` reads."""
    return canonical(rows).decode()


def _type_of(column: sa.Column[Any]) -> str:
    return column.type.compile(dialect=_DIALECT)


_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
