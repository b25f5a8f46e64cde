"""Valid parts of a vault with defaults, and the whole database as one text."""

import io
from pathlib import Path

import asyncpg
import sqlalchemy as sa

from shared.kit import clock
from shared.kit.database import Database
from shared.kit.vault import tables
from shared.kit.vault.documents import Content
from shared.kit.vault.erasure_list import ErasureRecord
from shared.kit.vault.keys import VaultKeys, load_keys, make_first_key
from shared.kit.vault.store import Reader

READER = Reader(actor="officer-7", role="aid_officer", purpose="verify_claim", request_id="r-1")
SITI_NIK = "6206014501909999"
SITI: Content = {"name": "Siti Kanarimawati", "nik": SITI_NIK, "birth_date": "1990-01-05", "groups": ["pregnant"]}
BUDI: Content = {"name": "Budi Kanarimanto", "nik": "6206011101859998"}


def new_keys(folder: Path) -> VaultKeys:
    folder.mkdir()
    make_first_key(folder)
    return load_keys(folder)


async def create_vault(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(sa.text("CREATE SCHEMA vault"))
        await connection.run_sync(tables.metadata.create_all)


def erasure_of(subject_id: str) -> ErasureRecord:
    return ErasureRecord(subject_id, clock.now(), requested_by="person-1", approved_by="person-2")


async def analyze(database: Database) -> None:
    """Let the planner take its samples, as autovacuum does at any time."""
    async with database.transaction() as connection:
        await connection.execute(sa.text("ANALYZE"))


async def dump(database: Database) -> str:
    """Every row of every table, and what the planner sampled of them, as COPY writes it (binary values in hex)."""
    async with database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        names = await connection.scalars(
            sa.text(
                "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables "
                "WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
            )
        )
        driver = (await connection.get_raw_connection()).driver_connection
        assert isinstance(driver, asyncpg.Connection)
        sink = io.BytesIO()
        for name in names:
            await driver.copy_from_query(f"SELECT * FROM {name}", output=sink)
        samples = ", ".join(f"stavalues{slot}::text" for slot in range(1, 6))
        await driver.copy_from_query(f"SELECT {samples} FROM pg_statistic", output=sink)
    return sink.getvalue().decode()
