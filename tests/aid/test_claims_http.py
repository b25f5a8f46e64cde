"""From a verification in the victims service to money in the bank, over the stream and HTTP."""

import asyncio

import sqlalchemy as sa

from shared.contracts.vocabulary import DamageClass
from shared.kit.vault.tables import access
from tests.aid.builders import new_id
from tests.aid.neighbour import Neighbour, casualty_rejected, casualty_verified, damage_verified, declared
from tests.aid.office import Office, approval, preparation, slug, slug_of


async def test_a_verified_death_is_paid_from_an_enacted_budget(office: Office, victims: Neighbour) -> None:
    """Opened by the stream, prepared by one person, approved by another, paid once; everything adds up."""
    await office.norms()
    budget_id = await office.budget()
    verified = casualty_verified(office.today)
    await victims.publish(declared(office.today), verified)
    claim = await office.claim_of(f"casualty/{verified.casualty_id}", standing="open")
    assert claim["amount_idr"] == 15_000_000
    approved = await office.approved(claim, budget_id)
    assert approved["standing"] == "approved"
    assert approved["approved_by"] != approved["prepared_by"]
    answered = await office.done("/v1/payouts", {"payouts": [office.transfer(approved)]})
    assert [item["status"] for item in answered["items"]] == ["accepted"]
    shown = await office.seen(f"/v1/claims/{claim['id']}")
    assert (shown["standing"], len(shown["payouts"])) == ("paid", 1)
    budget = await office.seen(f"/v1/budgets/{budget_id}")
    assert (budget["free_idr"], budget["committed_idr"], budget["paid_idr"]) == (85_000_000, 0, 15_000_000)
    (compared,) = await office.items("/v1/reconciliation/budgets")
    assert (compared["committed_difference_idr"], compared["paid_difference_idr"]) == (0, 0)


async def test_a_person_with_both_roles_cannot_approve_an_own_preparation(office: Office, victims: Neighbour) -> None:
    """Four eyes are two persons: the token's subject counts, not the role."""
    await office.norms()
    budget_id = await office.budget()
    verified = casualty_verified(office.today)
    await victims.publish(declared(office.today), verified)
    claim = await office.claim_of(f"casualty/{verified.casualty_id}")
    both = office.token("aid_officer", "approver", subject="person-both")
    await office.done(f"/v1/claims/{claim['id']}/preparation", preparation(claim), token=both)
    prepared = await office.seen(f"/v1/claims/{claim['id']}")
    answered = await office.post(f"/v1/claims/{claim['id']}/approval", approval(prepared, budget_id), token=both)
    assert (answered.status_code, slug(answered)) == (403, "same-person")
    assert (await office.seen(f"/v1/budgets/{budget_id}"))["committed_idr"] == 0


async def test_a_repeated_approval_commits_once(office: Office, victims: Neighbour) -> None:
    """The same request gets the same answer; another request about the same is refused."""
    await office.norms()
    budget_id = await office.budget()
    verified = casualty_verified(office.today)
    await victims.publish(declared(office.today), verified)
    claim = await office.prepared(await office.claim_of(f"casualty/{verified.casualty_id}"))
    path, body, token = f"/v1/claims/{claim['id']}/approval", approval(claim, budget_id), office.token("approver")
    first = await office.post(path, body, token=token, key="approve-one-claim")
    again = await office.post(path, body, token=token, key="approve-one-claim")
    other = await office.post(path, body, token=token, key="approve-the-same-again")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.json() == again.json()
    assert slug(other) == "claim-approved"
    assert (await office.seen(f"/v1/budgets/{budget_id}"))["committed_idr"] == 15_000_000


async def test_many_claims_are_approved_in_one_request_until_the_budget_runs_out(
    office: Office, victims: Neighbour
) -> None:
    """Each is answered for itself; exactly as many as the money reaches for are approved, also when asked at once."""
    await office.norms()
    budget_id = await office.budget(amount_idr=5 * 15_000_000 + 14_999_999)
    deaths = [casualty_verified(office.today) for _ in range(8)]
    await victims.publish(declared(office.today), *deaths)
    claims = [await office.prepared(await office.claim_of(f"casualty/{one.casualty_id}")) for one in deaths]
    body = {"approvals": [{"claim_id": claim["id"], **approval(claim, budget_id)} for claim in claims]}
    unknown = {"claim_id": new_id(), **approval(claims[0], budget_id)}
    bodies = [{"approvals": [*body["approvals"][half::2], unknown]} for half in range(2)]
    token = office.token("approver")
    answers = await asyncio.gather(*(office.done("/v1/claims/approvals", one, token=token) for one in bodies))
    items = [item for answer in answers for item in answer["items"]]
    accepted = [item for item in items if item["status"] == "accepted"]
    refused = sorted(slug_of(item["problem"]) for item in items if item["status"] == "refused")
    assert len(accepted) == 5
    assert refused == ["budget-exhausted"] * 3 + ["claim-unknown"] * 2
    budget = await office.seen(f"/v1/budgets/{budget_id}")
    assert (budget["free_idr"], budget["committed_idr"]) == (14_999_999, 75_000_000)


async def test_a_bulk_request_sent_again_gets_the_same_answers(office: Office, victims: Neighbour) -> None:
    """Every part is remembered under the request's key."""
    await office.norms()
    budget_id = await office.budget(amount_idr=15_000_000)
    deaths = [casualty_verified(office.today) for _ in range(2)]
    await victims.publish(declared(office.today), *deaths)
    claims = [await office.prepared(await office.claim_of(f"casualty/{one.casualty_id}")) for one in deaths]
    body = {"approvals": [{"claim_id": claim["id"], **approval(claim, budget_id)} for claim in claims]}
    token = office.token("approver")
    first = await office.done("/v1/claims/approvals", body, token=token, key="approve-two-claims")
    again = await office.done("/v1/claims/approvals", body, token=token, key="approve-two-claims")
    assert [item["status"] for item in first["items"]] == ["accepted", "refused"]
    assert all(item["replayed"] for item in again["items"])
    assert [item.get("events") for item in again["items"]] == [item.get("events") for item in first["items"]]


async def test_a_returned_transfer_is_paid_again_under_another_id(office: Office, victims: Neighbour) -> None:
    """One payout stands at any time, and its id is nobody else's."""
    await office.norms()
    budget_id = await office.budget()
    deaths = [casualty_verified(office.today) for _ in range(2)]
    await victims.publish(declared(office.today), *deaths)
    first, second = [
        await office.approved(await office.claim_of(f"casualty/{one.casualty_id}"), budget_id) for one in deaths
    ]
    transfer = office.transfer(first)
    await office.done("/v1/payouts", {"payouts": [transfer]})
    returned = {"claim_id": first["id"], "reason": "account_closed", "returned_on": office.today.isoformat()}
    await office.done(f"/v1/payouts/{transfer['payout_id']}/return", returned)
    assert [row["id"] for row in await office.items("/v1/reconciliation/claims", waiting="returned")] == [first["id"]]
    stolen = office.transfer(second, payout_id=transfer["payout_id"])
    answered = await office.done("/v1/payouts", {"payouts": [stolen, office.transfer(first), office.transfer(second)]})
    assert [item["status"] for item in answered["items"]] == ["refused", "accepted", "accepted"]
    assert slug_of(answered["items"][0]["problem"]) == "payout-id-used"
    assert len(await office.items("/v1/payouts", budget_id=budget_id, returned="false")) == 2
    assert (await office.seen(f"/v1/budgets/{budget_id}"))["paid_idr"] == 30_000_000


async def test_a_beneficiary_reported_twice_is_compensated_once(office: Office, victims: Neighbour) -> None:
    """Two posts reported the same person; the second claim cannot be approved, also when both are asked at once."""
    await office.norms()
    budget_id = await office.budget()
    person_id = new_id()
    deaths = [casualty_verified(office.today, person_id=person_id) for _ in range(2)]
    await victims.publish(declared(office.today), *deaths)
    claims = [await office.prepared(await office.claim_of(f"casualty/{one.casualty_id}")) for one in deaths]
    token = office.token("approver")
    answers = await asyncio.gather(
        *(
            office.post(f"/v1/claims/{claim['id']}/approval", approval(claim, budget_id), token=token)
            for claim in claims
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert [slug(answer) for answer in answers if answer.status_code == 409] == ["entitlement-used"]


async def test_a_class_raised_after_payment_opens_the_difference(office: Office, victims: Neighbour) -> None:
    """Ringan was paid; berat is found: a second claim for what is missing."""
    await office.norms()
    budget_id = await office.budget(fund_source="bnpb")
    verified = damage_verified(office.today, DamageClass.RINGAN)
    await victims.publish(declared(office.today), verified)
    cause = f"damage/{verified.damage_id}"
    paid = await office.approved(await office.claim_of(cause), budget_id)
    await office.done("/v1/payouts", {"payouts": [office.transfer(paid)]})
    raised = damage_verified(
        office.today, DamageClass.BERAT, damage_id=verified.damage_id, household_id=verified.household_id
    )
    await victims.publish(raised)
    difference = await office.claim_of(cause, number=2)
    assert (difference["amount_idr"], difference["difference_of"]) == (45_000_000, paid["id"])
    await office.approved(difference, budget_id)
    assert (await office.seen(f"/v1/budgets/{budget_id}"))["committed_idr"] == 45_000_000


async def test_a_rejected_cause_stops_an_approved_claim(office: Office, victims: Neighbour) -> None:
    """It is listed as suspended until an approver refuses it; then its money is free."""
    await office.norms()
    budget_id = await office.budget()
    verified = casualty_verified(office.today)
    cause = f"casualty/{verified.casualty_id}"
    await victims.publish(declared(office.today), verified)
    claim = await office.approved(await office.claim_of(cause), budget_id)
    await victims.publish(casualty_rejected(office.today, verified.casualty_id))
    await office.claim_of(cause, standing="suspended")
    answered = await office.done("/v1/payouts", {"payouts": [office.transfer(claim)]})
    assert slug_of(answered["items"][0]["problem"]) == "claim-suspended"
    assert [row["id"] for row in await office.items("/v1/reconciliation/claims", waiting="suspended")] == [claim["id"]]
    refusal = {"reason": "cause_rejected"}
    await office.done(f"/v1/claims/{claim['id']}/refusal", refusal, token=office.token("approver"))
    assert (await office.seen(f"/v1/budgets/{budget_id}"))["free_idr"] == 100_000_000


async def test_a_payee_is_opened_for_a_purpose_and_on_record(office: Office, victims: Neighbour) -> None:
    """Who needs it sees it; everybody else is refused; each look is recorded; no list names anybody."""
    await office.norms()
    verified = casualty_verified(office.today)
    await victims.publish(declared(office.today), verified)
    claim = await office.prepared(await office.claim_of(f"casualty/{verified.casualty_id}"))
    path = f"/v1/claims/{claim['id']}/payee"
    assert (await office.get(path, token=office.token("aid_officer"))).status_code == 422
    assert (await office.get(path, purpose="pay_claim")).status_code == 403
    opened = await office.seen(path, token=office.token("approver"), purpose="decide_claim")
    assert opened["documents"]["payee"]["account_number"] == "0123456789"
    openings = await office.seen(f"{path}/openings")
    assert [one["commitment"] for one in openings["openings"]["payee"]] == [claim["payee_commitment"]]
    async with office.runtime.database.reading() as connection:
        query = sa.select(access.c.actor, access.c.role, access.c.purpose).order_by(access.c.id)
        records = [tuple(row) for row in await connection.execute(query)]
    assert records == [
        ("person-approver", "approver", "decide_claim"),
        ("person-auditor", "auditor", "audit_payment"),
    ]
    for listed in ("/v1/claims", f"/v1/claims/{claim['id']}", "/v1/payouts"):
        assert "Contoh" not in (await office.get(listed)).text


async def test_claims_are_listed_by_state_benefit_and_disaster(office: Office, victims: Neighbour) -> None:
    """Pages follow one another without a gap, and each filter narrows."""
    await office.norms()
    deaths = [casualty_verified(office.today) for _ in range(3)]
    house = damage_verified(office.today, DamageClass.RINGAN)
    injury = casualty_verified(office.today, casualty_kind="light_injury")
    await victims.publish(declared(office.today), *deaths, house, injury)
    for one in (*deaths, injury):
        await office.claim_of(f"casualty/{one.casualty_id}")
    await office.claim_of(f"damage/{house.damage_id}")
    assert len(await office.items("/v1/claims", limit=2)) == 5
    assert len(await office.items("/v1/claims", benefit="death", standing="open", limit=1)) == 3
    assert len(await office.items("/v1/claims", disaster_id=house.disaster_id)) == 5
    assert len(await office.items("/v1/claims", flag="no_rule_in_force")) == 1
    assert len(await office.items("/v1/claims", cause=f"damage/{house.damage_id}")) == 1
    assert await office.items("/v1/claims", disaster_id=new_id()) == []
    waiting = await office.items("/v1/reconciliation/claims", waiting="unpriced")
    assert [row["benefit"] for row in waiting] == ["light_injury"]
    page = await office.seen("/v1/claims", limit=2)
    assert page["as_of"] >= 7


async def test_an_unpriced_claim_is_priced_after_a_rule_is_set(office: Office, victims: Neighbour) -> None:
    """A light injury has no known amount: the office sets it, then prices the claim."""
    injury = casualty_verified(office.today, casualty_kind="light_injury")
    await victims.publish(declared(office.today), injury)
    claim = await office.claim_of(f"casualty/{injury.casualty_id}")
    answered = await office.post(f"/v1/claims/{claim['id']}/pricing")
    assert slug(answered) == "no-rule-in-force"
    rule = {
        "amount_idr": 2_500_000,
        "fund_source": "apbd_btt",
        "legal_basis": "Pergub 12/2026",
        "valid_from": f"{office.today.year}-01-01",
    }
    await office.done("/v1/benefits/light_injury/rules", rule, token=office.token("approver"))
    await office.done(f"/v1/claims/{claim['id']}/pricing")
    shown = await office.seen(f"/v1/claims/{claim['id']}")
    assert (shown["amount_idr"], shown["fund_source"], shown["flags"]) == (2_500_000, "apbd_btt", [])
