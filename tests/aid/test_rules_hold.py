"""Whatever people and verifications do in whatever order, the money adds up and two persons stand behind it.

Goal: the promises of the aid service over budgets and claims together. Method: a Hypothesis state machine that sends
every command with sensible and senseless content and checks the promises after each step.
"""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from services.aid.benefits.domain import SetNorms
from services.aid.claims.domain import Claim, Standing
from shared.contracts.aid import BudgetEnacted, ClaimApproved, ClaimPaid, ClaimPrepared, ClaimReturned, FundsCommitted
from shared.contracts.ids import ActorId
from shared.contracts.vocabulary import Benefit, FundSource
from shared.kit.decisions.types import Command, Ref, Refusal
from tests.aid import builders
from tests.aid.world import World

PERSONS = [ActorId("ani"), ActorId("budi"), ActorId("citra")]
PEOPLE = st.sampled_from(PERSONS)
CAUSES = [f"damage/01936f5e-0000-7000-8000-0000000000{number:02}" for number in range(20, 23)]
BUDGETS = [f"01936f5e-0000-7000-8000-0000000000{number:02}" for number in range(30, 32)]
PAYOUTS = [f"01936f5e-0000-7000-8000-0000000000{number:02}" for number in range(40, 46)]
HOUSES = [Benefit.HOUSE_RINGAN, Benefit.HOUSE_SEDANG, Benefit.HOUSE_BERAT]
COMMITMENTS = st.sampled_from([builders.PAYEE, builders.OTHER_PAYEE])


class Aid(RuleBasedStateMachine):
    """Budgets and claims under every command there is."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.last: tuple[Command, dict[str, Any]] | None = None

    @initialize(
        million=st.integers(10, 200),
        benefits=st.lists(st.sampled_from(HOUSES), min_size=3, max_size=3),
        steps=st.lists(st.integers(0, 4), min_size=3, max_size=3),
    )
    def begin(self, million: int, benefits: list[Benefit], steps: list[int]) -> None:
        """Known amounts, a decree, one enacted budget of two, and damage verified, each claim some steps on its way."""
        self.world.done(SetNorms(builders.TODAY))
        self.world.done(builders.decree())
        self.propose(BUDGETS[0], PERSONS[0])
        self.enact(BUDGETS[0], PERSONS[1], million)
        for number, (cause, benefit) in enumerate(zip(CAUSES, benefits, strict=True)):
            self.verify(cause, benefit, number % 2)
            for _ in range(steps[number]):
                self.one_step(self.world.claims_of(cause)[-1], PAYOUTS[number])

    def send(self, command: Command, **more: Any) -> None:
        self.world.do(command, **more)
        self.last = (command, more)

    @rule(budget_id=st.sampled_from(BUDGETS), person=PEOPLE)
    def propose(self, budget_id: str, person: ActorId) -> None:
        self.send(builders.propose(budget_id, fund_source=FundSource.BNPB), actor=person)

    @rule(budget_id=st.sampled_from(BUDGETS), person=PEOPLE, million=st.integers(1, 120))
    def enact(self, budget_id: str, person: ActorId, million: int) -> None:
        amount_idr = million * 1_000_000
        number = f"Perda {million}/2026"
        command = builders.enact(budget_id, amount_idr=amount_idr, enactment_number=number, enacted_by=person)
        self.send(command, actor=person)

    @rule(cause=st.sampled_from(CAUSES), benefit=st.sampled_from(HOUSES), house=st.integers(0, 1))
    def verify(self, cause: str, benefit: Benefit, house: int) -> None:
        household_id = f"01936f5e-0000-7000-8000-00000000005{house}"
        self.send(builders.house(benefit, cause, household_id=household_id))

    @rule(cause=st.sampled_from(CAUSES))
    def reject(self, cause: str) -> None:
        self.send(builders.reject(cause))

    @rule(choice=st.data(), person=PEOPLE, payee=COMMITMENTS)
    def prepare(self, choice: st.DataObject, person: ActorId, payee: str) -> None:
        claim = self.some_claim(choice)
        if claim is not None:
            self.send(builders.prepare(claim, prepared_by=person, payee_commitment=payee), actor=person)

    @rule(choice=st.data(), person=PEOPLE, budget_id=st.sampled_from(BUDGETS), payee=st.none() | COMMITMENTS)
    def approve(self, choice: st.DataObject, person: ActorId, budget_id: str, payee: str | None) -> None:
        claim = self.some_claim(choice, Standing.PREPARED)
        if claim is not None:
            named = payee or claim.payee_commitment or builders.PAYEE
            command = builders.approve(claim, budget_id, approved_by=person, payee_commitment=named)
            self.send(command, actor=person, claims={builders.entitlement(claim): claim.cause})

    @rule(choice=st.data(), version=st.integers(1, 9))
    def approve_another_version(self, choice: st.DataObject, version: int) -> None:
        claim = self.some_claim(choice, Standing.PREPARED)
        if claim is not None:
            command = builders.approve(claim, BUDGETS[0], approved_by=PERSONS[2], claim_version=version)
            self.send(command, actor=PERSONS[2], claims={builders.entitlement(claim): claim.cause})

    @rule(choice=st.data(), person=PEOPLE)
    def refuse(self, choice: st.DataObject, person: ActorId) -> None:
        claim = self.some_claim(choice)
        if claim is not None:
            self.send(builders.refuse(claim, refused_by=person), actor=person)

    @rule(choice=st.data(), payout_id=st.sampled_from(PAYOUTS))
    def pay(self, choice: st.DataObject, payout_id: str) -> None:
        claim = self.some_claim(choice)
        if claim is not None:
            command = builders.pay(claim, payout_id)
            self.send(command, claims={command.payout_key: f"claim/{claim.id}"})

    @rule(choice=st.data(), payout_id=st.sampled_from(PAYOUTS))
    def give_back(self, choice: st.DataObject, payout_id: str) -> None:
        claim = self.some_claim(choice)
        if claim is not None:
            self.send(builders.give_back(claim, payout_id))

    @rule(choice=st.data(), payout_id=st.sampled_from(PAYOUTS), steps=st.integers(1, 4))
    def carry_on(self, choice: st.DataObject, payout_id: str, steps: int) -> None:
        """Take a claim some steps further, as an office does that makes no mistakes."""
        claim = self.some_claim(choice)
        for _ in range(steps if claim is not None else 0):
            assert claim is not None
            self.one_step(self.world.claim(claim.id), payout_id)

    def one_step(self, claim: Claim, payout_id: str) -> None:
        if claim.standing is Standing.OPEN:
            self.send(builders.prepare(claim, prepared_by=PERSONS[0]), actor=PERSONS[0])
        elif claim.standing is Standing.PREPARED:
            other = PERSONS[1] if claim.prepared_by == PERSONS[0] else PERSONS[0]
            command = builders.approve(claim, BUDGETS[0], approved_by=other)
            self.send(command, actor=other, claims={builders.entitlement(claim): claim.cause})
        elif claim.standing is Standing.APPROVED:
            payment = builders.pay(claim, payout_id)
            self.send(payment, claims={payment.payout_key: f"claim/{claim.id}"})
        elif claim.payouts:
            self.send(builders.give_back(claim, list(claim.payouts)[-1]))

    @rule()
    def send_the_last_command_again(self) -> None:
        """A command under a new key that was done already is refused or changes nothing of what is paid."""
        if self.last is None:
            return
        command, more = self.last
        before = self.paid()
        committed = sum(isinstance(event.payload, FundsCommitted) for event in self.world.log)
        decision = self.world.do(command, **more)
        if not isinstance(decision, Refusal):
            assert self.paid() == before
            assert committed == sum(isinstance(event.payload, FundsCommitted) for event in self.world.log)

    def some_claim(self, choice: st.DataObject, standing: Standing | None = None) -> Claim | None:
        """One of the claims, of those with this standing if there are any."""
        claims = [claim for claim in self.claims() if claim.standing is standing] or self.claims()
        return choice.draw(st.sampled_from(claims)) if claims else None

    def claims(self) -> list[Claim]:
        return [state for ref, state in sorted(self.world.states.items()) if ref.kind == "claim"]

    def paid(self) -> dict[str, int]:
        return {claim.id: claim.amount_idr or 0 for claim in self.claims() if claim.standing is Standing.PAID}

    @invariant()
    def every_budget_adds_up(self) -> None:
        for ref, budget in self.world.states.items():
            if ref.kind == "budget":
                assert budget.free_idr + budget.committed_idr + budget.paid_idr == budget.enacted_idr
                assert min(budget.free_idr, budget.committed_idr, budget.paid_idr) >= 0

    @invariant()
    def budgets_and_claims_say_the_same(self) -> None:
        for ref, budget in self.world.states.items():
            if ref.kind == "budget":
                mine = [claim for claim in self.claims() if claim.budget_id == ref.id]
                assert budget.committed_idr == sum(claim.amount_idr or 0 for claim in mine if claim.holds_money)
                assert budget.paid_idr == sum(
                    claim.amount_idr or 0 for claim in mine if claim.standing is Standing.PAID
                )

    @invariant()
    def nothing_is_committed_before_the_enactment(self) -> None:
        enacted = set()
        for event in self.world.log:
            if isinstance(event.payload, BudgetEnacted):
                enacted.add(event.ref)
            if isinstance(event.payload, FundsCommitted):
                assert event.ref in enacted

    @invariant()
    def every_payment_was_approved_by_another_person_for_this_amount_and_payee(self) -> None:
        preparations: dict[Ref, ClaimPrepared] = {}
        approvals: dict[Ref, ClaimApproved] = {}
        for event in self.world.log:
            if isinstance(event.payload, ClaimPrepared):
                preparations[event.ref] = event.payload
                approvals.pop(event.ref, None)
            if isinstance(event.payload, ClaimApproved):
                assert event.payload.approved_by != event.payload.prepared_by
                said = preparations[event.ref]
                assert event.payload.prepared_by == said.prepared_by
                assert event.payload.claim_version == said.claim_version
                assert event.payload.amount_idr == said.amount_idr
                assert event.payload.payee_commitment == said.payee_commitment
                approvals[event.ref] = event.payload
            if isinstance(event.payload, ClaimPaid):
                approval = approvals[event.ref]
                assert approval.amount_idr == event.payload.amount_idr
                assert approval.budget_id == event.payload.budget_id

    @invariant()
    def a_claim_has_one_successful_payout(self) -> None:
        standing: dict[Ref, str] = {}
        used: set[str] = set()
        for event in self.world.log:
            if isinstance(event.payload, ClaimPaid):
                assert event.ref not in standing
                assert event.payload.payout_id not in used
                standing[event.ref] = event.payload.payout_id
                used.add(event.payload.payout_id)
            if isinstance(event.payload, ClaimReturned):
                assert standing.pop(event.ref) == event.payload.payout_id

    @invariant()
    def a_household_is_paid_under_one_report(self) -> None:
        causes: dict[str, set[str]] = {}
        for claim in self.claims():
            if claim.standing in (Standing.APPROVED, Standing.PAID):
                causes.setdefault(claim.household_id or "", set()).add(claim.cause)
        assert all(len(of_one) == 1 for of_one in causes.values())

    @invariant()
    def a_cause_is_never_worth_more_than_the_highest_rule(self) -> None:
        for cause in CAUSES:
            chain = self.world.claims_of(cause)
            alive = [claim for claim in chain if claim.payable or claim.standing is Standing.PAID]
            assert sum(claim.amount_idr or 0 for claim in alive) <= 60_000_000

    def teardown(self) -> None:
        assert self.world.replayed() == self.world.states


Aid.TestCase.settings = settings(max_examples=80, stateful_step_count=50, deadline=None)
TestAid = Aid.TestCase
