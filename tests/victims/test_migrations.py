"""The migrations make the tables the code states, and can be undone."""

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import services.victims.service  # noqa: F401 - every capability's tables are in the metadata
from services.victims.tables import metadata
from tests.victims.office import Office


async def test_migrated_database_is_what_the_tables_state(office: Office) -> None:
    """Columns, types, indexes: no difference between migrations and metadata."""

    def differences(connection: sa.Connection) -> list[object]:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_name": lambda name, type_, _: not (type_ == "table" and name == "alembic_version"),
            },
        )
        return list(compare_metadata(context, metadata))

    async with office.runtime.database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrated_database_has_the_checks_the_tables_state(office: Office) -> None:
    """Alembic does not compare checks: their names and texts are compared here, as PostgreSQL keeps them."""
    stated = {
        (table.name, constraint.name)
        for table in metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, sa.CheckConstraint)
    }
    query = sa.text(
        "SELECT t.relname, c.conname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid "
        "JOIN pg_namespace n ON n.oid = t.relnamespace WHERE c.contype = 'c' AND n.nspname = 'public'"
    )
    async with office.runtime.database.reading() as connection:
        found = {(row.relname, row.conname) for row in await connection.execute(query)}
    assert found == stated
    assert len(stated) >= 9
