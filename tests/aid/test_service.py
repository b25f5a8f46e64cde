"""What the service says of itself: its database, its texts, its parts; and that the database itself refuses."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine

from services.aid.service import HERE, SERVICE
from services.aid.tables import metadata
from shared.contracts.aid import EVENTS
from shared.contracts.vocabulary import DamageClass
from shared.kit.i18n import Languages, message_ids
from tests.aid.neighbour import Neighbour, casualty_rejected, casualty_verified, damage_verified, declared
from tests.aid.office import Office
from tests.kit.harness import Bench, rebuilt_differs

PLACES = re.compile(r"%\(\w+\)s")


async def test_migrated_database_is_what_the_tables_state(office: Office) -> None:
    """Columns, types, indexes: no difference between migrations and metadata."""
    async with office.runtime.database.engine.connect() as connection:
        assert await connection.run_sync(_differences) == []


def _differences(connection: sa.Connection) -> list[object]:
    options = {"compare_type": True, "include_name": lambda name, kind, _: kind != "table" or name != "alembic_version"}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


async def test_migrated_database_has_the_checks_the_tables_state(office: Office, make_database: Any) -> None:
    """Alembic does not compare checks: PostgreSQL's own texts of both are."""
    engine = create_async_engine(make_database())
    try:
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
            stated = await _checks(connection)
    finally:
        await engine.dispose()
    async with office.runtime.database.reading() as connection:
        assert await _checks(connection) == stated
    assert len(stated) > 15


async def _checks(connection: Any) -> set[tuple[str, str, str]]:
    query = sa.text(
        "SELECT t.relname, c.conname, pg_get_constraintdef(c.oid) AS content FROM pg_constraint c "
        "JOIN pg_class t ON t.oid = c.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace "
        "WHERE c.contype = 'c' AND n.nspname = 'public'"
    )
    return {(row.relname, row.conname, row.content) for row in await connection.execute(query)}


def test_every_text_has_an_indonesian_translation_with_the_same_places() -> None:
    """Whoever is refused is told in Indonesian what stands against it and what to do."""
    languages = Languages([HERE / "locale"])
    texts = {text for _, text in message_ids(HERE)}
    assert len(texts) > 60
    assert sorted(text for text in texts if not languages.knows(text)) == []
    for text in texts:
        assert set(PLACES.findall(text)) == set(PLACES.findall(languages.translate(text, "id"))), text


def test_the_catalogue_has_no_text_that_nobody_says() -> None:
    """A translation of a text that is gone misleads the next translator."""
    said = {text for _, text in message_ids(HERE)}
    content = (HERE / "locale" / "id" / "LC_MESSAGES" / "aid.po").read_text(encoding="utf-8")
    assert set(re.findall(r'^msgid "(.+)"$', content, re.MULTILINE)) == said


def test_every_event_of_the_contract_has_a_state_that_follows_it() -> None:
    """An event nobody evolves would be lost to a replay."""
    assert set(SERVICE.payloads) == set(EVENTS)


def test_no_rule_imports_more_than_rules_and_contracts() -> None:
    """Rules are pure: the same evolve serves live work and replay."""
    allowed = re.compile(
        r"^from (shared\.contracts(\.\w+)?|shared\.kit\.decisions\.types|services\.aid\.\w+(\.\w+)?) import|"
        r"^from (collections|dataclasses|datetime|typing|enum|functools)|^import (uuid|hashlib)"
    )
    impure = {"capability.py", "http.py", "queries.py", "tables.py", "personal.py", "payee.py"}
    pure = [
        path for path in sorted(HERE.glob("*/*.py")) if path.name not in impure and path.parent.name != "migrations"
    ]
    assert len(pure) >= 12
    for path in pure:
        lines = path.read_text(encoding="utf-8").splitlines()
        strange = [text for text in lines if re.match(r"^(from|import) ", text) and not allowed.match(text)]
        assert strange == [], path.relative_to(Path(HERE))


async def test_rebuilt_state_equals_live_after_everything_happened(
    office: Office, victims: Neighbour, make_database: Callable[[], str]
) -> None:
    """Opened, priced, prepared twice, approved, paid, returned, paid again, raised, rejected, refused, amended."""
    await _everything(office, victims)
    runtime = office.runtime
    bench = Bench(runtime.database, runtime.decisions.rules, runtime.decoder, SERVICE)
    assert await rebuilt_differs(bench, make_database()) == []


async def _everything(office: Office, victims: Neighbour) -> None:
    await office.norms()
    kemensos, bnpb = await office.budget(), await office.budget(200_000_000, "bnpb")
    death, stopped = casualty_verified(office.today), casualty_verified(office.today)
    house = damage_verified(office.today, DamageClass.RINGAN)
    await victims.publish(declared(office.today), death, stopped, house)
    claim = await office.approved(await office.claim_of(f"casualty/{death.casualty_id}"), kemensos)
    claim = await office.approved(claim, kemensos)
    transfer = office.transfer(claim)
    await office.done("/v1/payouts", {"payouts": [transfer]})
    returned = {"claim_id": claim["id"], "reason": "other", "returned_on": office.today.isoformat()}
    await office.done(f"/v1/payouts/{transfer['payout_id']}/return", returned)
    await office.done("/v1/payouts", {"payouts": [office.transfer(claim)]})
    other = await office.approved(await office.claim_of(f"casualty/{stopped.casualty_id}"), kemensos)
    home = await office.approved(await office.claim_of(f"damage/{house.damage_id}"), bnpb)
    await office.done("/v1/payouts", {"payouts": [office.transfer(home)]})
    raised = house.model_copy(update={"damage_class": DamageClass.BERAT, "previous_class": DamageClass.RINGAN})
    await victims.publish(casualty_rejected(office.today, stopped.casualty_id), raised)
    await victims.publish(casualty_rejected(office.today, death.casualty_id))
    await office.claim_of(f"casualty/{death.casualty_id}", overpaid_idr=15_000_000)
    await office.claim_of(f"damage/{house.damage_id}", number=2)
    await office.claim_of(f"casualty/{stopped.casualty_id}", standing="suspended")
    approver = office.token("approver")
    await office.done(f"/v1/claims/{other['id']}/refusal", {"reason": "cause_rejected"}, token=approver)
    amended = office.enactment(90_000_000, enactment_number="Perda 9")
    await office.done(f"/v1/budgets/{kemensos}/enactment", amended, token=approver)


FORGERIES = {
    "money from nowhere": ("UPDATE budget SET free_idr = free_idr + 1", "budget_adds_up"),
    "a negative budget": (
        "UPDATE budget SET free_idr = -1, committed_idr = enacted_idr - paid_idr + 1",
        "budget_never_negative",
    ),
    "a proposer who enacts": ("UPDATE budget SET enacted_by = proposed_by", "budget_four_eyes"),
    "a preparer who approves": ("UPDATE claim SET approved_by = prepared_by", "claim_four_eyes"),
    "a payment nobody approved": (
        "UPDATE claim SET approved_by = NULL WHERE standing = 'paid'",
        "claim_money_after_approval",
    ),
    "a payment from no budget": (
        "UPDATE claim SET budget_id = NULL WHERE standing = 'paid'",
        "claim_money_from_a_budget",
    ),
    "a second successful payout": (
        "INSERT INTO claim_payout SELECT parent, gen_random_uuid()::text, budget_id, amount_idr, paid_on "
        "FROM claim_payout WHERE returned_on IS NULL",
        "claim_payout_one_successful",
    ),
    "a payout id used twice": (
        "INSERT INTO claim_payout SELECT 'another', entry, budget_id, amount_idr, paid_on, returned_on, return_reason "
        "FROM claim_payout",
        "claim_payout_entry",
    ),
}


async def test_the_database_itself_refuses_forged_rows(office: Office, victims: Neighbour) -> None:
    """Whatever writes past the code: the equation, four eyes and one payout a claim stand as constraints."""
    await office.norms()
    budget_id = await office.budget()
    death = casualty_verified(office.today)
    await victims.publish(declared(office.today), death)
    claim = await office.approved(await office.claim_of(f"casualty/{death.casualty_id}"), budget_id)
    await office.done("/v1/payouts", {"payouts": [office.transfer(claim)]})
    for statement, constraint in FORGERIES.values():
        with pytest.raises(sa.exc.IntegrityError, match=constraint):
            async with office.runtime.database.transaction() as connection:
                await connection.execute(sa.text(statement))
