"""What aid does about the victims service's events, in whatever order the partitions bring them.

Goal: order is promised within a partition of one source only, so every order that keeps each partition's own must
come to the same claims. Method: the contracts' golden events for the reading, shuffled partitions for the order.
"""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.aid.benefits.domain import SetNorms
from services.aid.claims.domain import Standing
from services.aid.service import SERVICE
from shared.contracts import victims
from shared.contracts.catalogue import SERVICE_EVENTS
from shared.contracts.envelope import Payload
from shared.contracts.vocabulary import Benefit, CasualtyKind, DamageClass
from shared.kit.decisions.types import Command, Event, Ref
from shared.kit.log.decode import event_of
from tests.aid.builders import TODAY, new_id
from tests.aid.neighbour import (
    Sequences,
    casualty_rejected,
    casualty_verified,
    damage_rejected,
    damage_verified,
    declared,
    shuffled_by_partition,
)
from tests.aid.world import World

GOLDEN = Path(__file__).parents[1] / "contracts" / "golden"


def commands_of(event: Event, today: date = TODAY) -> list[Command]:
    reactions = SERVICE.reactions[type(event.payload)]
    return [command for reaction in reactions for command in reaction.react(event, today)]


@pytest.mark.parametrize("payload", SERVICE.reactions, ids=lambda payload: payload.type)
def test_a_golden_event_of_victims_changes_an_empty_aid(payload: type[Payload]) -> None:
    """What the victims service publishes is read and decided, with nothing known before."""
    content: dict[str, Any] = json.loads((GOLDEN / f"{payload.type}.json").read_text(encoding="utf-8"))
    event = event_of(content, SERVICE_EVENTS.parse(content["type"], content["data"]))
    world = World()
    world.done(SetNorms(TODAY))
    before = len(world.log)
    for command in commands_of(event):
        world.done(command)
    opens = payload in (victims.CasualtyVerified, victims.DamageVerified)
    notes = payload in (victims.DisasterDeclared, victims.DisasterPhaseChanged)
    assert len(world.log) - before == (1 if opens or notes else 0)


@pytest.mark.parametrize(
    ("kind", "benefit"),
    [
        (CasualtyKind.DEATH, Benefit.DEATH),
        (CasualtyKind.SEVERE_INJURY, Benefit.SEVERE_INJURY),
        (CasualtyKind.LIGHT_INJURY, Benefit.LIGHT_INJURY),
        (CasualtyKind.MISSING, None),
    ],
)
def test_each_kind_of_casualty_gives_its_benefit(kind: CasualtyKind, benefit: Benefit | None) -> None:
    """A missing person gives none until verified as dead."""
    world = World()
    verified = casualty_verified(TODAY, casualty_kind=kind)
    for command in commands_of(Sequences().event(verified)):
        world.done(command)
    assert [claim.benefit for claim in world.claims_of(f"casualty/{verified.casualty_id}")] == (
        [] if benefit is None else [benefit]
    )


def test_a_missing_person_found_dead_and_a_dead_person_found_alive() -> None:
    """The later verification holds: a claim opens, and is stopped again."""
    world = World()
    sequences, casualty_id, person_id = Sequences(), new_id(), new_id()
    for kind in (CasualtyKind.MISSING, CasualtyKind.DEATH, CasualtyKind.MISSING):
        verified = casualty_verified(TODAY, casualty_id, casualty_kind=kind, person_id=person_id)
        for command in commands_of(sequences.event(verified)):
            world.done(command)
    assert [claim.standing for claim in world.claims_of(f"casualty/{casualty_id}")] == [Standing.REFUSED]


HISTORY: list[Payload] = [declared(TODAY)]
for _number in range(4):
    _damage_id, _household_id, _casualty_id = new_id(), new_id(), new_id()
    _death = casualty_verified(TODAY, _casualty_id)
    HISTORY += [
        damage_verified(TODAY, DamageClass.RINGAN, damage_id=_damage_id, household_id=_household_id),
        _death,
        damage_verified(TODAY, DamageClass.BERAT, damage_id=_damage_id, household_id=_household_id),
        casualty_rejected(TODAY, _casualty_id),
        damage_rejected(TODAY, _damage_id, _household_id),
        damage_verified(TODAY, DamageClass.SEDANG, damage_id=_damage_id, household_id=_household_id),
        _death,
    ]


def _told(payloads: Sequence[Payload]) -> dict[Ref, Any]:
    world, sequences = World(), Sequences()
    world.done(SetNorms(TODAY))
    for payload in payloads:
        for command in commands_of(sequences.event(payload)):
            world.done(command)
    return world.states


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 3), max_size=len(HISTORY)))
def test_every_order_of_partitions_comes_to_the_same_claims(turns: list[int]) -> None:
    """Classes raised, withdrawn and set again: only each partition's own order matters."""
    assert _told(shuffled_by_partition(HISTORY, turns)) == _told(HISTORY)
