"""When a disaster is declared and how its phases follow one another."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.victims.disasters.domain import ChangePhase, DeclareDisaster, Decree, Disaster
from shared.contracts.ids import DisasterId
from shared.contracts.victims import DisasterDeclared, DisasterPhaseChanged
from shared.contracts.vocabulary import DisasterPhase, HazardKind
from tests.victims.builders import DISASTER, KATINGAN, TODAY, UNKNOWN_AREA, declared
from tests.victims.story import Story

DECREE = Decree("188.44/123/2026", TODAY, TODAY, TODAY + timedelta(days=14))
DECLARE = DeclareDisaster(
    disaster_id=DisasterId(DISASTER),
    hazard=HazardKind.FLOOD,
    area_codes=(KATINGAN,),
    phase=DisasterPhase.TANGGAP_DARURAT,
    decree=DECREE,
    recorded_on=TODAY,
)


def change(phase: str, valid_from: int = 1, valid_until: int | None = None) -> ChangePhase:
    """A decree that holds from so many days after today."""
    until = None if valid_until is None else TODAY + timedelta(days=valid_until)
    decree = Decree("188.44/124/2026", TODAY, TODAY + timedelta(days=valid_from), until)
    return ChangePhase(DisasterId(DISASTER), DisasterPhase(phase), decree, TODAY)


def test_decree_in_known_areas_declares_a_disaster() -> None:
    """A decree declares a disaster; it began when the decree says."""
    story = Story()
    event = story.accepted(DECLARE)
    assert isinstance(event, DisasterDeclared)
    assert story.state(Disaster, DISASTER).began_on == DECREE.valid_from


def test_area_named_twice_stands_once() -> None:
    """An area named twice in a decree is one area."""
    assert Story().accepted(replace(DECLARE, area_codes=(KATINGAN, KATINGAN))).area_codes == (KATINGAN,)


@pytest.mark.parametrize(
    ("command", "slug"),
    [
        (replace(DECLARE, unknown_area_codes=(UNKNOWN_AREA,)), "area-unknown"),
        (replace(DECLARE, phase=DisasterPhase.SELESAI), "phase-not-first"),
        (replace(DECLARE, decree=replace(DECREE, valid_until=TODAY - timedelta(1))), "decree-dates-out-of-order"),
        (replace(DECLARE, decree=replace(DECREE, signed_on=TODAY + timedelta(1))), "decree-not-signed-yet"),
    ],
)
def test_decree_that_cannot_be_right_declares_nothing(command: DeclareDisaster, slug: str) -> None:
    """Unknown areas, an end as beginning, and dates out of order are refused to the office."""
    assert Story().refused(command) == slug


def test_disaster_is_declared_once() -> None:
    """The same disaster is not declared a second time."""
    assert Story().given(declared()).refused(DECLARE) == "disaster-declared-already"


def test_phases_go_forward_and_may_be_skipped() -> None:
    """From tanggap darurat to selesai without transisi is possible."""
    story = Story().given(declared())
    assert isinstance(story.accepted(change("selesai")), DisasterPhaseChanged)
    assert story.state(Disaster, DISASTER).phase is DisasterPhase.SELESAI


def test_present_phase_is_extended_by_another_decree() -> None:
    """The same phase under a new decree extends it; when the disaster began does not change."""
    story = Story().given(declared())
    before = story.state(Disaster, DISASTER)
    story.accepted(change("tanggap_darurat", valid_from=15, valid_until=29))
    after = story.state(Disaster, DISASTER)
    assert after.valid_until == TODAY + timedelta(days=29)
    assert after.began_on == before.began_on


@pytest.mark.parametrize(
    ("command", "slug"),
    [
        (change("siaga"), "phase-not-forward"),
        (change("transisi", valid_from=-30), "phase-before-present-one"),
        (change("transisi", valid_from=1, valid_until=0), "decree-dates-out-of-order"),
    ],
)
def test_phase_is_never_gone_back_to(command: ChangePhase, slug: str) -> None:
    """A decree that goes back in phase or time is refused."""
    assert Story().given(declared()).refused(command) == slug


def test_nothing_follows_the_end() -> None:
    """After selesai no phase is opened or extended."""
    story = Story().given(declared())
    story.accepted(change("selesai"))
    assert story.refused(change("selesai")) == "disaster-ended"


def test_phase_of_a_disaster_nobody_declared_is_refused() -> None:
    """A phase needs a declared disaster."""
    assert Story().refused(change("transisi")) == "disaster-unknown"


@pytest.mark.parametrize(
    ("area", "covered"), [("62.06", True), ("62.06.01.2001", True), ("62.0", False), ("62.07", False), ("62", False)]
)
def test_decree_covers_its_areas_and_all_below(area: str, covered: bool) -> None:
    """A regency covers its villages, not its province and not the regency whose code begins alike."""
    story = Story().given(declared())
    assert story.state(Disaster, DISASTER).covers(area) is covered
