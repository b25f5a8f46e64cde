"""Whole floods through three services, held against the services' own logs by the independent checker."""

from pathlib import Path

import pytest

from tanggap.checker.office_stories import OFFICE_STORIES
from tanggap.flood.player import play
from tests.flows.conftest import Played, play_and_check
from tests.flows.town import SERVICES, town
from tests.servers import PostgresServer

STORIES = {
    "resent_batches",
    "two_days_late",
    "a_year_back",
    "short_shipment",
    "rule_changed",
    "own_claim",
    "budget_ran_out",
    "not_enacted",
    "returned",
    *OFFICE_STORIES,
}


def test_small_flood_leaves_nothing_lost_doubled_or_different(small_flood: Played) -> None:
    """After a flood with all its troubles every event is there once, in order, and goods and money add up."""
    assert small_flood.check.findings == ()
    assert small_flood.check.logs_verified == len(SERVICES)
    assert small_flood.check.sound


def test_every_trouble_of_the_flood_was_played(small_flood: Played) -> None:
    """Resent batches, wrong clocks, a short shipment, a changed rule, own claims, missing money: all are in it."""
    text = small_flood.flood.journal.read_text()
    assert all(f'"name":"{name}"' in text for name in STORIES)
    assert small_flood.flood.supplied is not None
    assert small_flood.flood.paid is not None
    assert small_flood.flood.paid.returned > 0


def test_journal_and_evidence_name_nobody(small_flood: Played) -> None:
    """What the players keep and what the logs say holds no name and no identity number of the flood's people."""
    texts = [small_flood.flood.journal.read_text(), (small_flood.folder / "shown.json").read_text()]
    for text in texts:
        assert "Contoh" not in text
        assert "DATA CONTOH" not in text


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_larger_flood_holds_every_invariant(
    tmp_path: Path, postgres_server: PostgresServer, redis_url: str
) -> None:
    """1,364 households, a twentieth of the worst year on record."""
    databases = {name: postgres_server.create_database() for name in SERVICES}
    async with town(tmp_path, databases, redis_url) as built:
        played = await play_and_check(built, scale=0.05)
    assert played.check.findings == ()


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_flood_holds_every_invariant_while_services_are_killed_and_the_broker_is_flushed(
    tmp_path: Path, postgres_server: PostgresServer, redis_url: str
) -> None:
    """kill -9 of each service and a broker that loses everything, while the posts send."""
    databases = {name: postgres_server.create_database() for name in SERVICES}
    async with town(tmp_path, databases, redis_url) as built:
        played = await play_and_check(built, scale=0.02, faults=built)
        assert built.restarts >= len(SERVICES)
    assert set(played.flood.faults) == {*SERVICES, "broker"}
    assert played.check.findings == ()


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_second_flood_of_a_seed_on_one_installation_holds_every_invariant(
    tmp_path: Path, postgres_server: PostgresServer, redis_url: str
) -> None:
    """What the first flood left in the stores is neither taken for the second's nor mixed up with it."""
    databases = {name: postgres_server.create_database() for name in SERVICES}
    async with town(tmp_path, databases, redis_url) as built:
        first = await play(built.box, scale=0.002, seed=7)
        second = await play_and_check(built, scale=0.002)
    assert first.seed == second.flood.seed
    assert second.check.findings == ()
