"""What a benefit is worth on the day something happened.

Owns the dated rules of each benefit and the choice among them. A rule never changes: a later one supersedes it for
the days both cover, and only if the office names it. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from services.aid.benefits.norms import BENEFITS, NORMS
from shared.contracts.aid import BenefitRuleSet
from shared.contracts.envelope import Payload
from shared.contracts.ids import RuleId
from shared.contracts.vocabulary import Benefit, FundSource
from shared.kit.decisions.types import Event, Ref, Refusal, States


@dataclass(frozen=True, slots=True)
class BenefitRule:
    """An amount, the norm behind it, and the days it covers. `number` counts the benefit's rules as they were set."""

    number: int
    amount_idr: int
    fund_source: FundSource
    legal_basis: str
    assumed: bool
    valid_from: date
    valid_until: date | None
    set_on: date

    def covers(self, on: date) -> bool:
        """Whether a day lies in the rule's validity."""
        return self.valid_from <= on and (self.valid_until is None or on <= self.valid_until)


@dataclass(frozen=True, slots=True)
class BenefitRules:
    """A benefit with all its rules by rule id."""

    id: str
    version: int
    rules: Mapping[str, BenefitRule] = field(default_factory=dict)

    def in_force(self, on: date) -> tuple[RuleId, BenefitRule] | None:
        """The rule for something that happened on a day: of those that cover it, the one set last."""
        covering = [(rule.number, rule_id) for rule_id, rule in self.rules.items() if rule.covers(on)]
        if not covering:
            return None
        _, rule_id = max(covering)
        return RuleId(rule_id), self.rules[rule_id]

    def overlapped_by(self, valid_from: date, valid_until: date | None) -> tuple[str, ...]:
        """The rules in force on some day of a period: they change only where one of them begins or ends."""
        turns = {valid_from}
        for rule in self.rules.values():
            turns.add(rule.valid_from)
            if rule.valid_until is not None and rule.valid_until < date.max:
                turns.add(rule.valid_until + timedelta(days=1))
        days = (day for day in turns if valid_from <= day and (valid_until is None or day <= valid_until))
        found = {in_force[0] for day in days if (in_force := self.in_force(day)) is not None}
        return tuple(sorted(found))


@dataclass(frozen=True, slots=True)
class SetRule:
    """The office sets what a benefit is worth from a day on. `supersedes` names the rules it takes days from."""

    benefit: Benefit
    amount_idr: int
    fund_source: FundSource
    legal_basis: str
    assumed: bool
    valid_from: date
    valid_until: date | None
    recorded_on: date
    supersedes: tuple[str, ...] = ()

    def aggregates(self) -> Sequence[Ref]:
        """The benefit."""
        return (Ref("benefit", self.benefit),)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


@dataclass(frozen=True, slots=True)
class SetNorms:
    """The office takes over the amounts this release knows, for every benefit that has no rule yet."""

    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """Every benefit with a known amount."""
        return tuple(Ref("benefit", benefit) for benefit in BENEFITS)

    def reads(self) -> Sequence[Ref]:
        """Nothing else."""
        return ()


def decide_set_rule(states: States, command: SetRule) -> list[Payload] | Refusal:
    """Set a rule whose days are free, or whose overlaps the office named."""
    if command.valid_until is not None and command.valid_until < command.valid_from:
        return Refusal(
            slug="validity-out-of-order",
            detail="The last day of validity lies before the first.",
            next_step="Correct the dates.",
            status=422,
        )
    benefit = states.find(BenefitRules, command.benefit) or BenefitRules(command.benefit, 0)
    overlapped = benefit.overlapped_by(command.valid_from, command.valid_until)
    if set(overlapped) != set(command.supersedes):
        return Refusal(
            slug="rules-overlap",
            detail="The period overlaps rules in force: %(rules)s.",
            next_step="Name exactly these under supersedes if the new rule shall hold instead, or change the dates.",
            params={"rules": ", ".join(overlapped) or "-"},
        )
    return [
        BenefitRuleSet(
            benefit=command.benefit,
            rule_id=_free_rule_id(benefit, command.valid_from),
            amount_idr=command.amount_idr,
            fund_source=command.fund_source,
            legal_basis=command.legal_basis,
            assumed=command.assumed,
            valid_from=command.valid_from,
            valid_until=command.valid_until,
            set_on=command.recorded_on,
        )
    ]


def decide_set_norms(states: States, command: SetNorms) -> list[Payload] | Refusal:
    """Set the known amounts of every benefit that has no rule; what the office set itself stays."""
    without = {benefit for benefit in BENEFITS if states.find(BenefitRules, benefit) is None}
    if not without:
        return Refusal(
            slug="norms-set-already",
            detail="Every benefit with a known amount has a rule already.",
            next_step="Set single rules where amounts have changed.",
        )
    return [
        BenefitRuleSet(
            benefit=norm.benefit,
            rule_id=RuleId(f"{norm.benefit}:{norm.valid_from}"),
            amount_idr=norm.amount_idr,
            fund_source=norm.fund_source,
            legal_basis=norm.legal_basis,
            assumed=True,
            valid_from=norm.valid_from,
            valid_until=norm.valid_until,
            set_on=command.recorded_on,
        )
        for norm in NORMS
        if norm.benefit in without
    ]


def _free_rule_id(benefit: BenefitRules, valid_from: date) -> RuleId:
    """Such as `death:2026-01-01`, with a count where a rule from that day was set before."""
    first = f"{benefit.id}:{valid_from}"
    same_day = sum(rule.valid_from == valid_from for rule in benefit.rules.values())
    return RuleId(first if same_day == 0 else f"{first}:{same_day + 1}")


def evolve_benefit(benefit: BenefitRules | None, event: Event) -> BenefitRules:
    """The benefit with one rule more."""
    match event.payload:
        case BenefitRuleSet() as said:
            before = benefit or BenefitRules(event.ref.id, 0)
            rule = BenefitRule(
                number=event.sequence,
                amount_idr=said.amount_idr,
                fund_source=said.fund_source,
                legal_basis=said.legal_basis,
                assumed=said.assumed,
                valid_from=said.valid_from,
                valid_until=said.valid_until,
                set_on=said.set_on,
            )
            return replace(before, version=event.sequence, rules={**before.rules, said.rule_id: rule})
    raise TypeError(event.payload.type)
