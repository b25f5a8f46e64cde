"""Needs and rations: what a household is due, by which norm, and that it counts once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.logistics.needs.domain import RecordNeed
from services.logistics.needs.reactions import react_to_household
from services.logistics.rations.domain import ChooseProfile, RationProfile, SetProfile, norm_commands, ration
from services.logistics.rations.norms import SPHERE
from shared.contracts import victims
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import HouseholdId, ItemCode, PersonId, ProfileId
from shared.contracts.logistics import NeedRecorded, RationLine, RationProfileSet
from shared.contracts.vocabulary import RationPer, Residence
from shared.kit.decisions.types import Event, Ref
from tests.contracts.catalogue_cases import golden
from tests.logistics.builders import DISASTER, RICE, TODAY, VILLAGE, list_catalogue, new_id
from tests.logistics.story import AT, Story, only


def need(persons: int, *, elsewhere: int = 0, household: str | None = None) -> RecordNeed:
    return RecordNeed(
        household_id=HouseholdId(household or new_id()),
        disaster_id=DISASTER,
        area_code=VILLAGE,
        residence=Residence.HOME,
        person_count=persons - elsewhere,
        person_count_all=persons,
        recorded_on=TODAY,
    )


def quantity_of(said: NeedRecorded, item_code: str) -> int:
    return next(line.quantity for line in said.lines if line.item_code == item_code)


def seeded() -> Story:
    return Story().given(*list_catalogue(), *norm_commands(TODAY))


def test_a_household_is_due_the_bnpb_ration_before_anything_is_chosen() -> None:
    """Rice does not wait for the office to choose a norm: 2.8 kg and 17.5 litres a person a week."""
    said = only(Story().accepted(need(3)), NeedRecorded)
    assert (said.profile_id, said.profile_version, said.days) == ("bnpb-7-2008", 1, 7)
    assert [line.quantity for line in said.lines] == [8_400, 52_500, 201_000, 1]
    assert said.counted


def test_the_chosen_profile_holds_from_then_on() -> None:
    """Needs recorded later are by the norm the office chose, and name the event that said so."""
    story = seeded()
    story.accepted(ChooseProfile(SPHERE.profile_id, TODAY))
    said = only(story.accepted(need(2)), NeedRecorded)
    assert (said.profile_id, said.profile_version) == ("default", 1)
    assert quantity_of(said, RICE) == 400 * 2 * 7
    assert story.state(RationProfile, "default").source_note == "sphere, 1"


def test_the_norms_are_seeded_once() -> None:
    """Setting what is set already is no event."""
    story = seeded()
    assert [story.accepted(command) for command in norm_commands(TODAY)] == [[], []]


def test_a_profile_is_chosen_only_when_it_exists_and_is_valid() -> None:
    """Nobody is fed by a norm of next month, nor by one nobody wrote down."""
    story = seeded()
    later = replace(norm_commands(TODAY)[0], profile_id=ProfileId("baru"), valid_from=TODAY + timedelta(days=1))
    story.accepted(later)
    assert story.refused(ChooseProfile(ProfileId("baru"), TODAY)) == "profile-not-yet-valid"
    assert story.refused(ChooseProfile(ProfileId("tidak-ada"), TODAY)) == "profile-unknown"
    assert story.refused(ChooseProfile(ProfileId("default"), TODAY)) == "profile-unknown"


def test_a_profile_names_known_items_once_and_is_never_called_default() -> None:
    """A ration of something the stores cannot count is no ration."""
    story = seeded()
    bnpb = norm_commands(TODAY)[0]
    assert story.refused(replace(bnpb, lines=(*bnpb.lines, bnpb.lines[0]))) == "item-named-twice"
    unknown = bnpb.lines[0].model_copy(update={"item_code": ItemCode("tidak-ada")})
    assert story.refused(replace(bnpb, lines=(unknown,))) == "item-unknown"
    assert story.refused(replace(bnpb, profile_id=ProfileId("default"))) == "profile-reserved"


def test_persons_registered_elsewhere_are_counted_there() -> None:
    """A person is fed once; a household with nobody else adds nothing, and says what it would have needed."""
    some = only(Story().accepted(need(4, elsewhere=1)), NeedRecorded)
    assert (some.person_count, some.counted) == (3, True)
    none = only(Story().accepted(need(4, elsewhere=4)), NeedRecorded)
    assert (none.person_count, none.counted) == (4, False)
    assert quantity_of(none, RICE) == 4 * 2_800


def test_the_reaction_counts_who_is_not_registered_elsewhere() -> None:
    """The victims service says which person was registered first; that one is counted there."""
    said = victims.HouseholdRegistered.model_validate(golden(victims.HouseholdRegistered)["data"])
    first = said.persons[0].model_copy(update={"same_identity_as": None})
    twin = first.model_copy(update={"person_id": PersonId(new_id()), "same_identity_as": first.person_id})
    event = Event(
        id=new_id(),
        ref=Ref("household", said.household_id),
        sequence=1,
        time=AT,
        payload=said.model_copy(update={"persons": (first, twin)}),
        actor="post",
        role="post",
    )
    (command,) = react_to_household(event, TODAY)
    assert (command.person_count, command.person_count_all) == (1, 2)
    assert (command.household_id, command.area_code) == (said.household_id, said.area_code)


@given(
    quantity=st.integers(1, 10**7),
    every_days=st.integers(1, 365),
    persons=st.integers(1, 50),
    days=st.integers(1, 90),
    per=st.sampled_from(RationPer),
)
def test_a_ration_is_rounded_up_to_whole_units_and_no_further(
    quantity: int, every_days: int, persons: int, days: int, per: RationPer
) -> None:
    """Nobody gets less than the norm, and never a whole unit more than needed."""
    line = RationLine(item_code=RICE, per=per, quantity=quantity, every_days=every_days)
    (due,) = ration([line], persons=persons, days=days)
    exact = quantity * days * (persons if per is RationPer.PERSON else 1)
    assert exact <= due.quantity * every_days < exact + every_days
    assert isinstance(due, ItemQuantity)


@pytest.mark.parametrize("command", norm_commands(TODAY), ids=lambda command: command.profile_id)
def test_every_norm_says_what_it_rests_on_and_names_items_of_the_catalogue(command: SetProfile) -> None:
    """A figure without a source is not a norm."""
    (said,) = Story().given(*list_catalogue()).accepted(command)
    assert isinstance(said, RationProfileSet)
    assert "BNPB" in said.legal_basis or "Sphere" in said.legal_basis
    assert len(said.source_note) > 20
