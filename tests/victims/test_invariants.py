"""Whatever posts and officers do, in whatever order: nobody is counted twice and nothing decided is undone.

Goal: find a sequence that breaks an invariant of the victims service. Method: a state machine drives the pure rules
through the story of `story.py`, with few people and houses, so that they meet often.
"""

from collections import Counter
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from services.victims.casualties.domain import RejectCasualty, ReportCasualty, VerifyCasualty
from services.victims.damage.domain import Damage, RejectDamage, ReportDamage, VerifyDamage
from services.victims.disasters.domain import ChangePhase, Decree, Disaster
from services.victims.posts.domain import EnrolDevice, WithdrawDevice
from services.victims.registration.domain import Household
from services.victims.standing import Standing
from shared.contracts.ids import CasualtyId, DamageId, DeviceId, DisasterId, HouseholdId, PersonId, PostId, TokenId
from shared.contracts.victims import CasualtyVerified, DamageRejected, DamageVerified, HouseholdRegistration
from shared.contracts.vocabulary import CasualtyKind, DamageClass, DisasterPhase, RejectionReason
from shared.kit.decisions.types import Refusal
from tests.victims import builders
from tests.victims.builders import DEVICE, DISASTER, NOW, POST, TODAY, declared, enrolled_device, enrolled_post, key
from tests.victims.story import Story

HOUSES = st.sampled_from([HouseholdId(f"00000000-0000-7000-8000-0000000a000{n}") for n in range(4)])
PEOPLE = st.sampled_from([PersonId(f"00000000-0000-7000-8000-0000000e000{n}") for n in range(6)])
NIKS = st.none() | st.sampled_from([key(f"nik-{n}") for n in range(3)])
MEMBERS = st.lists(st.tuples(PEOPLE, NIKS), min_size=1, max_size=4)
CASUALTIES = st.sampled_from([CasualtyId(f"00000000-0000-7000-8000-0000000f000{n}") for n in range(3)])
DAMAGES = st.sampled_from([DamageId(f"00000000-0000-7000-8000-0000000d000{n}") for n in range(3)])
CAPTURED = st.integers(-3, 3).map(lambda days: NOW + timedelta(days=days))


class Flood(RuleBasedStateMachine):
    """A flood with one post and one device."""

    def __init__(self) -> None:
        super().__init__()
        self.story = Story().given(declared(), enrolled_post(), enrolled_device())
        self.reports: dict[str, int] = {}
        self.members_ever: dict[str, set[str]] = {}
        self.withdrawn = False

    @rule(house=HOUSES, members=MEMBERS, captured_at=CAPTURED)
    def register(self, house: HouseholdId, members: list[tuple[PersonId, object]], captured_at: object) -> None:
        persons = tuple(builders.member(person_id=person, nik=nik) for person, nik in members)
        command = builders.register(
            report=builders.report(captured_at=captured_at), household_id=house, persons=persons
        )
        held = {person.nik: person.person_id for person in reversed(persons) if person.nik is not None}
        decision = self.story.when(command, held)
        if isinstance(decision, Refusal):
            return
        self.reports[house] = self.reports.get(house, 0) + 1
        members_ever = self.members_ever.setdefault(house, set())
        said = decision[0]
        assert isinstance(said, HouseholdRegistration)
        for person, registered in zip(persons, said.persons, strict=True):
            first = None if person.nik is None else self.story.holders[person.nik]
            if first not in (None, person.person_id) and first not in members_ever:
                assert registered.same_identity_as is not None, "a known NIK of another household is not linked"
        members_ever.update(person.person_id for person in persons)

    @rule(casualty=CASUALTIES, kind=st.sampled_from(CasualtyKind))
    def report_casualty(self, casualty: CasualtyId, kind: CasualtyKind) -> None:
        self.story.when(ReportCasualty(builders.report(), casualty, kind, TODAY))

    @rule(casualty=CASUALTIES, kind=st.none() | st.sampled_from(CasualtyKind))
    def verify_casualty(self, casualty: CasualtyId, kind: CasualtyKind | None) -> None:
        self.story.when(VerifyCasualty(casualty, 1, TODAY, casualty_kind=kind))

    @rule(casualty=CASUALTIES)
    def reject_casualty(self, casualty: CasualtyId) -> None:
        self.story.when(RejectCasualty(casualty, RejectionReason.NOT_FOUND, TODAY))

    @rule(damage=DAMAGES, house=HOUSES, claimed=st.sampled_from(DamageClass))
    def report_damage(self, damage: DamageId, house: HouseholdId, claimed: DamageClass) -> None:
        digest = key(house, "damage")
        command = ReportDamage(builders.report(), damage, house, claimed, TODAY, digest)
        self.story.when(command, {digest: damage})

    @rule(damage=DAMAGES, found=st.sampled_from(DamageClass), distinct=st.booleans())
    def verify_damage(self, damage: DamageId, found: DamageClass, distinct: bool) -> None:
        self.story.when(VerifyDamage(damage, found, TODAY, distinct=distinct))

    @rule(damage=DAMAGES)
    def reject_damage(self, damage: DamageId) -> None:
        self.story.when(RejectDamage(damage, RejectionReason.NOT_FOUND, TODAY))

    @rule()
    def enrol_device(self) -> None:
        command = EnrolDevice(PostId(POST), DeviceId(DEVICE), TokenId(builders.new_id()), NOW, NOW + timedelta(days=30))
        self.story.when(command)
        self.withdrawn = False

    @precondition(lambda self: not self.withdrawn)
    @rule()
    def withdraw_device(self) -> None:
        self.story.when(WithdrawDevice(PostId(POST), DeviceId(DEVICE), NOW))
        self.withdrawn = True

    @rule(phase=st.sampled_from(DisasterPhase), days=st.integers(-5, 5))
    def change_phase(self, phase: DisasterPhase, days: int) -> None:
        decree = Decree("188.44/1/2026", TODAY, TODAY + timedelta(days=days))
        self.story.when(ChangePhase(DisasterId(DISASTER), phase, decree, TODAY))

    @invariant()
    def each_household_has_one_state_with_as_many_versions_as_reports(self) -> None:
        for house, count in self.reports.items():
            assert self.story.state(Household, house).version == count

    @invariant()
    def whoever_is_counted_points_to_nobody(self) -> None:
        for state in self.story.states.values():
            if isinstance(state, Household):
                counted = [member for member in state.persons if member.same_identity_as is None]
                assert len(counted) == state.persons_counted
                assert max(Counter(member.person_id for member in counted).values(), default=1) == 1

    @invariant()
    def class_and_previous_class_make_a_chain(self) -> None:
        held: dict[str, DamageClass | None] = {}
        for event in self.story.events:
            match event.payload:
                case DamageVerified(damage_id=damage_id) as said:
                    assert said.previous_class == held.get(damage_id)
                    held[damage_id] = said.damage_class
                case DamageRejected(damage_id=damage_id):
                    held[damage_id] = None
        for id_, damage_class in held.items():
            damage = self.story.state(Damage, id_)
            assert damage.damage_class == damage_class
            assert (damage.standing is Standing.VERIFIED) is (damage_class is not None)

    @invariant()
    def a_verification_changes_something(self) -> None:
        last: dict[str, tuple[object, ...] | None] = {}
        for event in self.story.events:
            said = event.payload
            if isinstance(said, CasualtyVerified):
                content = (said.casualty_kind, said.occurred_on, said.person_id, said.household_id)
                assert last.get(said.casualty_id) != content
                last[said.casualty_id] = content
            elif said.kind == "casualty" and not said.type.endswith("reported.v1"):
                last[said.aggregate_id] = None

    @invariant()
    def phases_never_go_back(self) -> None:
        order = tuple(DisasterPhase)
        phases = [event.payload.phase for event in self.story.events if event.ref.kind == "disaster"]  # type: ignore[attr-defined]
        assert phases == sorted(phases, key=order.index)
        assert phases.count(DisasterPhase.SELESAI) <= 1
        assert self.story.state(Disaster, DISASTER).phase is phases[-1]


TestFlood = Flood.TestCase
TestFlood.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
