"""Databases and roles on a PostgreSQL server: one database and two roles a service, no grants across.

`<service>_owner` owns the database and migrates it; `<service>` runs the service with what the migrations grant it.
"""

import asyncio
import re
import threading
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass

import asyncpg

NAME = re.compile(r"[a-z][a-z0-9_]{0,58}")


@dataclass(frozen=True, slots=True)
class ServicePasswords:
    """The passwords of a service's two roles."""

    owner: str
    service: str


async def prepare_service(admin_url: str, service: str, passwords: ServicePasswords) -> None:
    """Makes the service's database and roles where they are missing and sets their passwords; safe to repeat."""
    owner = f"{service}_owner"
    connection = await asyncpg.connect(admin_url)
    try:
        await _ensure_role(connection, owner, passwords.owner)
        await _ensure_role(connection, service, passwords.service)
        exists = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", service)
        if not exists:
            await connection.execute(f"CREATE DATABASE {quoted(service)} OWNER {quoted(owner)} TEMPLATE template0")
        # Every role may connect to every database unless told otherwise (PostgreSQL manual, 5.8 Privileges).
        for statement in (
            f"REVOKE ALL ON DATABASE {quoted(service)} FROM PUBLIC",
            f"GRANT CONNECT ON DATABASE {quoted(service)} TO {quoted(service)}",
        ):
            await connection.execute(statement)
    finally:
        await connection.close()


async def close_default_databases(admin_url: str) -> None:
    """Keeps services out of the databases every server has. For the box's own server only."""
    await execute(admin_url, [f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC" for name in ("postgres", "template1")])


async def execute(url: str, statements: Sequence[str]) -> None:
    """Runs statements one by one, each in its own transaction (CREATE DATABASE allows no other)."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def run_apart(work: Coroutine[object, object, object]) -> None:
    """Runs a coroutine to its end in a thread of its own, so that it works whether or not a loop is running here."""
    failures: list[BaseException] = []

    def run() -> None:
        try:
            asyncio.run(work)
        except BaseException as failure:  # handed to the caller below
            failures.append(failure)

    thread = threading.Thread(target=run, name="databases")
    thread.start()
    thread.join()
    if failures:
        raise failures[0]


def quoted(name: str) -> str:
    """An SQL identifier; raises ValueError for a name that would need escaping."""
    if not NAME.fullmatch(name):
        raise ValueError(f"not a plain database name: {name!r}")
    return f'"{name}"'


async def _ensure_role(connection: "asyncpg.Connection[asyncpg.Record]", role: str, password: str) -> None:
    exists = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
    verb = "ALTER" if exists else "CREATE"
    attributes = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE"
    statement: str = await connection.fetchval(
        f"SELECT format('%s ROLE %I {attributes} PASSWORD %L', $1::text, $2::text, $3::text)",
        verb,
        role,
        password,
    )
    await connection.execute(statement)
