"""Whether money adds up, and whether it was spent by the rules.

Owns the sums over budgets and the rules a payment must have kept: enacted before committed, approved by another person
than prepared, paid once, priced by the rule in force. Must not know who was paid.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tanggap.checker.evidence import Entry, Evidence, Log
from tanggap.checker.findings import Finding, Kind

FUNDS = ("funds_committed", "funds_released", "funds_paid", "funds_returned")
PARTS = ("enacted_idr", "free_idr", "committed_idr", "paid_idr")


@dataclass(slots=True)
class Budget:
    """A budget summed up from its events; what is free is what was enacted less what is committed or paid."""

    enacted_idr: int = 0
    committed_idr: int = 0
    paid_idr: int = 0
    enacted: bool = False

    @property
    def free_idr(self) -> int:
        """What may still be committed."""
        return self.enacted_idr - self.committed_idr - self.paid_idr


@dataclass(slots=True)
class Claim:
    """What has happened to a claim that bears on paying it."""

    prepared_by: str | None = None
    prepared: Mapping[str, Any] = field(default_factory=dict)
    approved_idr: int | None = None
    standing_payouts: set[str] = field(default_factory=set)


def check_cash(evidence: Evidence) -> Iterator[Finding]:
    """Sum up the aid log's budgets, hold them against those shown, and follow every claim."""
    log = evidence.logs.get("aid")
    if log is None:
        return
    shown = evidence.shown.get("budgets")
    yield from _budgets(log, shown)
    yield from _claims(log)
    yield from _prices(log)


def _budgets(log: Log, shown: Mapping[str, Any] | None) -> Iterator[Finding]:
    budgets: dict[str, Budget] = {}
    for entry in log.entries:
        if shown is not None and entry.position == shown["as_of"] + 1:
            yield from _compare(log, budgets, shown)
        if entry.subject.startswith("budget/"):
            budget = budgets.setdefault(entry.data["budget_id"], Budget())
            yield from _spend(log, budget, entry)
    if shown is not None and len(log.entries) <= shown["as_of"]:
        yield from _compare(log, budgets, shown)


def _spend(log: Log, budget: Budget, entry: Entry) -> Iterator[Finding]:
    amount = entry.data.get("amount_idr", 0)
    match entry.name:
        case "budget_enacted":
            budget.enacted_idr, budget.enacted = amount, True
        case "funds_committed":
            if not budget.enacted:
                yield _broken(log, entry, "money was committed before the budget was enacted")
            budget.committed_idr += amount
        case "funds_released":
            budget.committed_idr -= amount
        case "funds_paid":
            budget.committed_idr -= amount
            budget.paid_idr += amount
        case "funds_returned":
            budget.committed_idr += amount
            budget.paid_idr -= amount
    below = min(budget.free_idr, budget.committed_idr, budget.paid_idr)
    if below < 0:
        yield Finding(Kind.CASH, log.service, str(entry.position), f"the budget is overdrawn by Rp{-below}", -below)


def _compare(log: Log, budgets: Mapping[str, Budget], shown: Mapping[str, Any]) -> Iterator[Finding]:
    rows = {row["id"]: row for row in shown["rows"]}
    for budget_id in sorted(rows.keys() | budgets.keys()):
        row, budget = rows.get(budget_id, {}), budgets.get(budget_id, Budget())
        difference = max(abs(row.get(part, 0) - getattr(budget, part)) for part in PARTS)
        left = row.get("enacted_idr", 0) - sum(row.get(part, 0) for part in PARTS[1:])
        if difference or left:
            detail = f"Rp{difference} between service and log; free, committed and paid miss Rp{left} of the enacted"
            yield Finding(Kind.CASH, log.service, f"budget {budget_id}", detail, max(difference, abs(left)))


def _claims(log: Log) -> Iterator[Finding]:
    claims: dict[str, Claim] = {}
    committed: dict[str, int] = {}
    for entry in log.entries:
        claim_id = entry.data.get("claim_id")
        if claim_id is None:
            continue
        if entry.name in FUNDS:
            _hold(committed, claim_id, entry)
        else:
            yield from _step(log, claims.setdefault(claim_id, Claim()), entry)
    for claim_id, left_idr in committed.items():
        standing = claims.get(claim_id, Claim()).standing_payouts
        if left_idr and standing:
            detail = f"Rp{left_idr} stay committed although it was paid"
            yield Finding(Kind.CASH, log.service, f"claim {claim_id}", detail, abs(left_idr))


def _hold(committed: dict[str, int], claim_id: str, entry: Entry) -> None:
    sign = 1 if entry.name in ("funds_committed", "funds_returned") else -1
    committed[claim_id] = committed.get(claim_id, 0) + sign * entry.data["amount_idr"]


def _step(log: Log, claim: Claim, entry: Entry) -> Iterator[Finding]:
    data = entry.data
    match entry.name:
        case "claim_prepared":
            claim.prepared_by, claim.prepared = data["prepared_by"], data
            if data["prepared_by"] != entry.actor:
                yield _broken(log, entry, "the preparer named is not who prepared")
        case "claim_approved":
            yield from _approval(log, claim, entry)
            claim.approved_idr = data["amount_idr"]
        case "claim_paid":
            if claim.approved_idr != data["amount_idr"]:
                yield _broken(log, entry, "what was paid is not what was approved")
            if claim.standing_payouts:
                yield Finding(Kind.CASH, log.service, entry.id, "the claim was paid twice", data["amount_idr"])
            claim.standing_payouts.add(data["payout_id"])
        case "claim_returned":
            if data["payout_id"] not in claim.standing_payouts:
                yield _broken(log, entry, "a payout came back that was never made")
            claim.standing_payouts.discard(data["payout_id"])


def _approval(log: Log, claim: Claim, entry: Entry) -> Iterator[Finding]:
    data = entry.data
    if data["approved_by"] in (data["prepared_by"], claim.prepared_by) or data["approved_by"] != entry.actor:
        yield _broken(log, entry, "the claim was approved by who prepared it, or in another's name")
    if any(data[name] != claim.prepared.get(name) for name in ("amount_idr", "payee_commitment", "prepared_by")):
        yield _broken(log, entry, "what was approved is not what was prepared")


def _prices(log: Log) -> Iterator[Finding]:
    """A claim's first price is that of its rule, which covers the day and was set by then."""
    rules: dict[str, Mapping[str, Any]] = {}
    for entry in log.named("benefit_rule_set", "claim_opened", "claim_repriced"):
        if entry.name == "benefit_rule_set":
            rules[entry.data["rule_id"]] = entry.data
        elif entry.name == "claim_opened" and "rule_id" in entry.data and "difference_of" not in entry.data:
            rule = rules.get(entry.data["rule_id"])
            if rule is None or not _covers(rule, entry.data["event_on"]):
                yield _broken(log, entry, "the claim is priced by a rule that does not cover its day")
            elif rule["amount_idr"] != entry.data["amount_idr"] or rule["benefit"] != entry.data["benefit"]:
                difference = abs(rule["amount_idr"] - entry.data["amount_idr"])
                yield Finding(Kind.CASH, log.service, entry.id, "the price is not the rule's", difference)


def _covers(rule: Mapping[str, Any], day: str) -> bool:
    return bool(rule["valid_from"] <= day <= rule.get("valid_until", "9999-12-31"))


def _broken(log: Log, entry: Entry, detail: str) -> Finding:
    return Finding(Kind.RULE, log.service, str(entry.position), detail)
