"""What the service says of itself: its database, its texts, its parts."""

import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from services.logistics.service import HERE, SERVICE
from services.logistics.tables import metadata
from shared.contracts.logistics import EVENTS
from shared.kit.i18n import Languages, message_ids
from tests.kit.harness import workbench

pytestmark = pytest.mark.anyio


async def test_the_migrated_database_has_the_tables_the_code_names(database_url: str) -> None:
    """A column the migration forgot would be found by a user."""
    async with workbench(SERVICE, database_url) as bench, bench.database.reading() as connection:
        found = await connection.run_sync(_differences)
        assert found == []
        kept = await connection.run_sync(_checks)
    assert kept == {
        (table.name, constraint.name, _plain(str(constraint.sqltext)))
        for table in metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, sa.CheckConstraint)
    }


def _differences(connection: sa.Connection) -> list[object]:
    options = {"compare_type": True, "include_name": lambda name, kind, _: kind != "table" or name != "alembic_version"}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def _checks(connection: sa.Connection) -> set[tuple[str, str, str]]:
    inspector = sa.inspect(connection)
    return {
        (table, str(check["name"]), _plain(check["sqltext"]))
        for table in metadata.tables
        for check in inspector.get_check_constraints(table)
    }


def _plain(condition: str) -> str:
    """A condition without what PostgreSQL adds when it shows one: brackets, casts, BETWEEN written out."""
    text = re.sub(r"(\w+) between (\S+) and (\S+)", r"\1 >= \2 and \1 <= \3", condition.lower())
    return re.sub(r"::\w+|[()'\s]", "", text)


def test_every_text_a_user_sees_is_translated() -> None:
    """Whoever is refused is told in Indonesian what stands against it and what to do."""
    languages = Languages([HERE / "locale"])
    missing = {text for _, text in message_ids(HERE) if not languages.knows(text)}
    assert missing == set()


def test_the_catalogue_has_no_text_that_nobody_says() -> None:
    """A translation of a text that is gone misleads the next translator."""
    said = {text for _, text in message_ids(HERE)}
    content = (HERE / "locale" / "id" / "LC_MESSAGES" / "logistics.po").read_text(encoding="utf-8")
    assert set(re.findall(r'^msgid "(.+)"$', content, re.MULTILINE)) == said


def test_every_event_of_the_contract_has_a_state_that_follows_it() -> None:
    """An event nobody evolves would be lost to a replay."""
    assert {payload.type for payload in SERVICE.payloads} == {payload.type for payload in EVENTS}


def test_no_rule_imports_more_than_rules_and_contracts() -> None:
    """Rules are pure: the same evolve serves live work and replay."""
    allowed = re.compile(
        r"^from (shared\.contracts(\.\w+)?|shared\.kit\.decisions\.types|services\.logistics\.\w+(\.\w+)?) import|"
        r"^from (collections|dataclasses|datetime|enum|typing)|^import (heapq|uuid)"
    )
    pure = ("domain.py", "posting.py", "receiving.py", "counting.py", "planner.py", "reactions.py", "norms.py")
    for path in sorted(HERE.rglob("*.py")):
        if path.name in pure:
            lines = path.read_text(encoding="utf-8").splitlines()
            strange = [text for text in lines if re.match(r"^(from|import) ", text) and not allowed.match(text)]
            assert strange == [], path.relative_to(Path(HERE))
