"""Connections and transactions. The only place that commits.

Owns the engine of one service, how a transaction begins and ends, and which database errors mean "run it
again". Must not know what is stored.
"""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import orjson
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
            json_deserializer=orjson.loads,
            connect_args={"server_settings": settings, "timeout": 10},
        )
        _check_on_checkout(self.engine)
        # The same pool; SQLAlchemy begins no transaction of its own on what comes out of it.
        self._unbegun = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that commits when the block ends and rolls back when it raises.

        Begun and ended on the driver itself, so that `fetch` and `copy_rows` share it with SQLAlchemy's statements.
        """
        async with self._unbegun.connect() as connection:
            driver = _driver_of(connection)
            await _run(driver, "BEGIN")
            try:
                yield connection
            except BaseException:
                await _roll_back(driver)
                raise
            await _run(driver, "COMMIT")

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


async def fetch(connection: AsyncConnection, query: str, *values: Any) -> list[asyncpg.Record]:
    """The rows of a fixed statement with `$1` places, inside the connection's open transaction.

    Why past SQLAlchemy: building, caching and adapting a statement costs it several times what the driver takes to
    send it, and the hot path has a dozen. JSON goes in as text and comes out as values. Errors are SQLAlchemy's all
    the same, so that one rule decides about running again.
    """
    driver = await _in_transaction(connection)
    try:
        return await driver.fetch(query, *values)
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise _told(query, error, driver) from error


async def copy_rows(
    connection: AsyncConnection, table: sa.Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert rows by binary COPY inside the connection's open transaction.

    Why: one COPY of 200 rows costs a fraction of 200 bound inserts. A unique violation is told as of an insert.
    """
    if not rows:
        return
    driver = await _in_transaction(connection)
    try:
        await driver.copy_records_to_table(table.name, schema_name=table.schema, columns=list(columns), records=rows)
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise _told(f"COPY {table.fullname}", error, driver) from error


async def _in_transaction(connection: AsyncConnection) -> asyncpg.Connection:
    """The driver, where a transaction is open: a connection of a plain engine begins one with its first statement."""
    driver = _driver_of(connection)
    if not driver.is_in_transaction():
        await connection.execute(_NOTHING)
        if not driver.is_in_transaction():
            raise RuntimeError("a statement outside a transaction would commit by itself")
    return driver


def _driver_of(connection: AsyncConnection) -> asyncpg.Connection:
    if connection.sync_connection is None:
        raise RuntimeError("the connection is closed")
    driver: asyncpg.Connection = connection.sync_connection.connection.driver_connection  # type: ignore[assignment]
    return driver


async def _run(driver: asyncpg.Connection, statement: str) -> None:
    try:
        await driver.execute(statement)
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise _told(statement, error, driver) from error


async def _roll_back(driver: asyncpg.Connection) -> None:
    """End the transaction without effect; where it cannot be said, close: the server undoes it, the pool sees it."""
    if driver.is_closed():
        return
    try:
        await driver.execute("ROLLBACK")
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        driver.terminate()  # the error that led here says more than this one
    except BaseException:
        driver.terminate()
        raise


def _told(statement: str, error: Exception, driver: asyncpg.Connection) -> DBAPIError:
    return DBAPIError(statement, None, error, connection_invalidated=driver.is_closed())


def recordset(table: sa.Table, columns: Sequence[str], *, place: str = ":rows") -> str:
    """The SQL of a row source that reads the JSON array bound at `place` as rows with the table's column types.

    Why: one parameter carries any number of rows of any column types, arrays and JSON included.
    """
    types = ", ".join(f'"{name}" {_type_of(table.c[name])}' for name in columns)
    return f"json_to_recordset(CAST({place} AS json)) AS x({types})"


def json_rows(rows: Sequence[dict[str, Any]]) -> str:
    """Rows as the JSON text that `recordset` reads."""
    return canonical(rows).decode()


def _type_of(column: sa.Column[Any]) -> str:
    return column.type.compile(dialect=_DIALECT)


_NOTHING = sa.text("SELECT")
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
