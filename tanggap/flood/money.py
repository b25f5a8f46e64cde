"""How compensation is paid: budgets enacted, rules set, claims prepared, approved by another person, paid, returned.

Owns these steps and the troubles in them: a budget not enacted yet, one that runs out, a rule that changes midway, an
approver's own claim. Must not verify anything.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tanggap.flood.caller import Actor
from tanggap.flood.office import drawn_id
from tanggap.flood.stage import NotAsPlanned, Stage

HOUSES, PEOPLE = "bnpb", "kemensos"
PLENTY_IDR = 2_000_000_000
# The seeded rule whose days the new one takes over, and what it is worth from then on.
OLD_RULE = "severe_injury:2015-01-01"
NEW_SEVERE_IDR = 7_500_000
LIGHT_IDR = 2_500_000
AT_ONCE = 8
ITEMS_MAX = 200
RETURNED = 2


@dataclass(frozen=True, slots=True)
class Paid:
    """What was done with money."""

    claims: int
    paid: int
    returned: int


class Money:
    """The aid officers at work."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._budgets = {source: drawn_id(stage, "budget", source) for source in (HOUSES, PEOPLE)}

    async def prepare_budgets(self) -> None:
        """Take over the known amounts and propose the budgets; the one for people is enacted."""
        cast = self._stage.cast
        await self._stage.caller.command("aid", cast.approver, "/v1/benefits/norms", self._stage.key("benefits"), {})
        for source, budget_id in self._budgets.items():
            body = {
                "budget_id": budget_id,
                "fiscal_year": self._today.year,
                "fund_source": source,
                "programme_code": "1.06.05",
                "amount_idr": PLENTY_IDR * 100,
            }
            key = self._stage.key("budget", source)
            await self._stage.must("aid", cast.officers[0], "/v1/budgets", key, body)
        await self._enact(PEOPLE, PLENTY_IDR, "1")

    async def change_rules(self) -> None:
        """A new norm holds from yesterday on: what happened before keeps the old amount."""
        since = self._today - timedelta(days=1)
        await self._set_rule("severe_injury", NEW_SEVERE_IDR, since, (OLD_RULE,))
        await self._set_rule("light_injury", LIGHT_IDR, since - timedelta(days=30), ())
        self._stage.journal.story("rule_changed", benefit="severe_injury", valid_from=since, amount_idr=NEW_SEVERE_IDR)

    async def compensate(self) -> Paid:
        """Prepare, approve and pay every claim there is, through all the troubles."""
        await self._price()
        claims = await self.claims(standing="open")
        priced = [claim for claim in claims if "amount_idr" in claim]
        await self._approve_own(priced[0])
        await self._prepare_all(priced[1:])
        await self._approve_all()
        return await self._pay_all(len(claims))

    async def pay_differences(self) -> int:
        """Pay what a worse damage class gives on top."""
        claims = [claim for claim in await self.claims(standing="open") if "difference_of" in claim]
        await self._prepare_all(claims)
        approvals = await self._approve(await self.claims(standing="prepared"), "difference")
        _all_accepted(approvals)
        paid = await self._pay(await self.claims(standing="approved"), "difference")
        return len(paid)

    async def claims(self, **chosen: str) -> list[dict[str, Any]]:
        """The flood's claims."""
        auditor, disaster_id = self._stage.cast.auditor, self._stage.world.disaster_id
        return await self._stage.caller.read_all("aid", auditor, "/v1/claims", disaster_id=disaster_id, **chosen)

    @property
    def _today(self) -> date:
        return self._stage.world.today

    async def _enact(self, source: str, amount_idr: int, number: str) -> None:
        body = {
            "amount_idr": amount_idr,
            "enactment_number": f"DPA/{source}/{number}/CONTOH",
            "enacted_on": self._today.isoformat(),
            "valid_until": date(self._today.year, 12, 31).isoformat(),
        }
        path = f"/v1/budgets/{self._budgets[source]}/enactment"
        await self._stage.must("aid", self._stage.cast.approver, path, self._stage.key("enact", source, number), body)

    async def _set_rule(self, benefit: str, amount_idr: int, since: date, supersedes: tuple[str, ...]) -> None:
        """Set a rule, over every rule in force in its days (`supersedes` where nothing else is found)."""
        on = {"benefit": benefit, "on": since.isoformat()}
        rules = await self._stage.caller.read_all("aid", self._stage.cast.auditor, "/v1/benefits/rules", **on)
        body = {
            "amount_idr": amount_idr,
            "fund_source": PEOPLE,
            "legal_basis": "Contoh perubahan, bukan norma nyata",
            "assumed": True,
            "valid_from": since.isoformat(),
            "supersedes": [rule["rule_id"] for rule in rules] or list(supersedes),
        }
        path = f"/v1/benefits/{benefit}/rules"
        await self._stage.must("aid", self._stage.cast.approver, path, self._stage.key("rule", benefit), body)

    async def _price(self) -> None:
        """Give claims that had no rule the amount of the new one."""
        for claim in await self.claims(standing="open", flag="no_rule_in_force"):
            path, key = f"/v1/claims/{claim['id']}/pricing", self._stage.key("price", claim["id"])
            await self._stage.must("aid", self._stage.cast.officers[0], path, key, {})

    async def _approve_own(self, claim: Mapping[str, Any]) -> None:
        """Somebody who may prepare and approve tries both with one claim."""
        both = self._stage.cast.both
        await self._prepare(claim, both)
        prepared = await self._stage.caller.read("aid", self._stage.cast.auditor, f"/v1/claims/{claim['id']}")
        body = self._approval(prepared)
        key = self._stage.key("own", claim["id"])
        answer = await self._stage.caller.command("aid", both, f"/v1/claims/{claim['id']}/approval", key, body)
        if answer.slug != "same-person":
            raise NotAsPlanned(f"an approver's own claim was answered {answer.status} ({answer.slug})")
        self._stage.journal.story("own_claim", claim_id=claim["id"], actor=both.name)

    async def _prepare_all(self, claims: Sequence[Mapping[str, Any]]) -> None:
        officers = self._stage.cast.officers
        await asyncio.gather(
            *(self._prepare(claim, officers[place % len(officers)]) for place, claim in enumerate(claims))
        )

    async def _prepare(self, claim: Mapping[str, Any], officer: Actor) -> None:
        async with self._turn:
            path, key = f"/v1/claims/{claim['id']}/preparation", self._stage.key("prepare", claim["id"])
            await self._stage.must("aid", officer, path, key, self._preparation(claim))

    def _preparation(self, claim: Mapping[str, Any]) -> dict[str, Any]:
        number = int(claim["id"].replace("-", ""), 16)
        papers = ["ktp", "kk", "akta_kematian", "surat_ahli_waris"] if claim["benefit"] == "death" else ["ktp", "kk"]
        name = "Penerima Contoh"
        return {
            "claim_version": claim["version"],
            "name": name,
            "nik": f"620601{41 + number % 28}0180{'0000'}",
            "relation": "household_head",
            "bank_code": "125",
            "account_number": f"{number % 10**10:010d}",
            "account_holder": name,
            "papers": [{"paper": paper, "number": f"{number % 9999}/CONTOH"} for paper in papers],
        }

    async def _approve_all(self) -> None:
        """Approve everything prepared: refused before the enactment, then as far as the money goes, then the rest."""
        prepared = await self.claims(standing="prepared")
        houses = [claim for claim in prepared if claim["fund_source"] == HOUSES]
        early = await self._approve(houses[:1], "early")
        _demand_refused(early, "budget-not-enacted")
        self._stage.journal.story("not_enacted", claims=len(early))
        need_idr = sum(claim["amount_idr"] for claim in houses)
        await self._enact(HOUSES, max(need_idr * 7 // 10, 1), "1")
        first = await self._approve(prepared, "first")
        exhausted = [item["id"] for item in first if item["status"] == "refused"]
        _demand_refused([item for item in first if item["status"] == "refused"], "budget-exhausted")
        self._stage.journal.story("budget_ran_out", budget_id=self._budgets[HOUSES], refused=len(exhausted))
        # The amendment leaves something for classes that are raised later.
        await self._enact(HOUSES, need_idr + 100_000_000, "2")
        _all_accepted(await self._approve([one for one in prepared if one["id"] in set(exhausted)], "second"))

    async def _approve(self, claims: Sequence[Mapping[str, Any]], turn: str) -> list[Mapping[str, Any]]:
        answers: list[Mapping[str, Any]] = []
        for first in range(0, len(claims), ITEMS_MAX):
            part = claims[first : first + ITEMS_MAX]
            body = {"approvals": [{"claim_id": claim["id"], **self._approval(claim)} for claim in part]}
            key = self._stage.key("approve", turn, first)
            path = "/v1/claims/approvals"
            answers += await self._stage.caller.commands("aid", self._stage.cast.approver, path, key, body)
        return answers

    def _approval(self, claim: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "claim_version": claim["prepared_version"],
            "amount_idr": claim["amount_idr"],
            "payee_commitment": claim["payee_commitment"],
            "budget_id": self._budgets[claim["fund_source"]],
        }

    async def _pay_all(self, claims: int) -> Paid:
        """Pay all that is approved; the bank returns two, which are paid anew."""
        approved = await self.claims(standing="approved")
        payouts = await self._pay(approved, "first")
        returned = dict(list(payouts.items())[:RETURNED])
        for payout_id, claim_id in returned.items():
            body = {"claim_id": claim_id, "reason": "account_closed", "returned_on": self._today.isoformat()}
            path, key = f"/v1/payouts/{payout_id}/return", self._stage.key("return", payout_id)
            await self._stage.must("aid", self._stage.cast.officers[0], path, key, body)
        again = [claim for claim in await self.claims(standing="approved") if claim["id"] in set(returned.values())]
        await self._pay(again[:1], "again")
        self._stage.journal.story("returned", payouts=sorted(returned))
        return Paid(claims, len(approved), len(returned))

    async def _pay(self, claims: Sequence[Mapping[str, Any]], turn: str) -> dict[str, str]:
        """Record transfers for these claims; gives the claims by payout id."""
        payouts = {drawn_id(self._stage, "payout", turn, claim["id"]): claim["id"] for claim in claims}
        listed = list(payouts.items())
        for first in range(0, len(listed), ITEMS_MAX):
            body = {
                "payouts": [
                    {"claim_id": claim_id, "payout_id": payout_id, "paid_on": self._today.isoformat()}
                    for payout_id, claim_id in listed[first : first + ITEMS_MAX]
                ]
            }
            key = self._stage.key("pay", turn, first)
            _all_accepted(
                await self._stage.caller.commands("aid", self._stage.cast.officers[-1], "/v1/payouts", key, body)
            )
        return payouts


def _all_accepted(items: Sequence[Mapping[str, Any]]) -> None:
    other = [item for item in items if item["status"] != "accepted"]
    if other:
        raise NotAsPlanned(f"{len(other)} were {other[0]['status']}: {other[0].get('problem')}")


def _demand_refused(items: Sequence[Mapping[str, Any]], slug: str) -> None:
    other = [item for item in items if not str(item.get("problem", {}).get("type", "")).endswith(slug)]
    if other or not items:
        raise NotAsPlanned(f"{slug} was expected: {other[0] if other else 'nothing was refused'}")
