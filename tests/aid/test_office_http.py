"""The doors of budgets and benefits, and what every door does with bad input and wrong roles."""

from typing import Any

from tests.aid.builders import new_id
from tests.aid.neighbour import Neighbour, declared
from tests.aid.office import Office, slug

ID = new_id()
COMMANDS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "propose": (
        "/v1/budgets",
        "aid_officer",
        {"fiscal_year": 2026, "fund_source": "bnpb", "programme_code": "1.06", "amount_idr": 1},
    ),
    "enact": (
        f"/v1/budgets/{ID}/enactment",
        "approver",
        {"amount_idr": 1, "enactment_number": "Perda 1", "enacted_on": "2026-01-01", "valid_until": "2026-12-31"},
    ),
    "norms": ("/v1/benefits/norms", "approver", {}),
    "rule": (
        "/v1/benefits/death/rules",
        "approver",
        {"amount_idr": 1, "fund_source": "bnpb", "legal_basis": "x", "valid_from": "2026-01-01"},
    ),
    "prepare": (
        f"/v1/claims/{ID}/preparation",
        "aid_officer",
        {
            "claim_version": 1,
            "name": "Siti Contoh",
            "nik": "6206010508700000",
            "relation": "self",
            "bank_code": "002",
            "account_number": "0123456789",
            "account_holder": "SITI CONTOH",
        },
    ),
    "price": (f"/v1/claims/{ID}/pricing", "aid_officer", {}),
    "approve": (
        f"/v1/claims/{ID}/approval",
        "approver",
        {"claim_version": 1, "amount_idr": 1, "payee_commitment": "a" * 64, "budget_id": ID},
    ),
    "approve many": (
        "/v1/claims/approvals",
        "approver",
        {
            "approvals": [
                {"claim_id": ID, "claim_version": 1, "amount_idr": 1, "payee_commitment": "a" * 64, "budget_id": ID}
            ]
        },
    ),
    "refuse": (f"/v1/claims/{ID}/refusal", "approver", {"reason": "duplicate"}),
    "pay": (
        "/v1/payouts",
        "aid_officer",
        {"payouts": [{"claim_id": ID, "payout_id": ID, "paid_on": "2026-01-01"}]},
    ),
    "return": (
        f"/v1/payouts/{ID}/return",
        "aid_officer",
        {"claim_id": ID, "reason": "other", "returned_on": "2026-01-01"},
    ),
}
ROLES = ("aid_officer", "approver", "auditor", "privacy_officer", "operator", "post", "warehouse", "service")
READS = (
    "/v1/budgets",
    f"/v1/budgets/{ID}",
    "/v1/benefits/rules",
    "/v1/claims",
    f"/v1/claims/{ID}",
    "/v1/payouts",
    "/v1/disasters",
    "/v1/reconciliation/budgets",
    "/v1/reconciliation/claims?waiting=overpaid",
)


async def test_each_command_asks_for_its_role_and_a_key(office: Office) -> None:
    """Every other role is refused before anything is decided; without a key nothing is decided either."""
    for path, allowed, body in COMMANDS.values():
        for role in ROLES:
            answered = await office.post(path, body, token=office.token(role, subject="somebody"))
            assert (answered.status_code == 403) == (role != allowed), (path, role, answered.text)
            assert answered.status_code < 500
        headers = {"Authorization": f"Bearer {office.token(allowed)}"}
        without = await office.client.post(path, json=body, headers=headers)
        assert slug(without) == "idempotency-key-missing"


async def test_lists_are_for_the_office(office: Office) -> None:
    """Posts and warehouses see no budgets and claims; nobody does without a token."""
    for path in READS:
        for role in ("post", "warehouse"):
            assert (await office.get(path, token=office.token(role))).status_code == 403
        assert (await office.client.get(path)).status_code == 401
        assert (await office.get(path)).status_code in (200, 404)


async def test_a_subject_that_cannot_stand_in_an_event_is_told(office: Office) -> None:
    """A name with spaces is no pseudonym: nothing is decided, and nothing fails."""
    for path, role, body in COMMANDS.values():
        if path.endswith("/pricing"):
            continue
        answered = await office.post(path, body, token=office.token(role, subject="Ibu Ani"))
        assert (answered.status_code, slug(answered)) == (403, "person-unusable"), path


MALFORMED: tuple[dict[str, Any], ...] = (
    {"amount_idr": 0},
    {"amount_idr": -5},
    {"amount_idr": "1000"},
    {"amount_idr": None},
    {"fiscal_year": 1999},
    {"fund_source": "pocket"},
    {"programme_code": "1.06/05"},
    {"budget_id": "not-an-id"},
    {"extra": 1},
)


async def test_a_malformed_proposal_is_a_clear_problem(office: Office) -> None:
    """The place is named, the value is not repeated, nothing is kept."""
    path, role, body = COMMANDS["propose"]
    token = office.token(role)
    for change in MALFORMED:
        answered = await office.post(path, {**body, **change}, token=token)
        assert (answered.status_code, slug(answered)) == (422, "content-invalid"), change
        assert answered.json()["errors"]
        assert "pocket" not in answered.text
    for unreadable in ({"amount_idr": 2**53}, {"amount_idr": 1.5}):
        answered = await office.post(path, {**body, **unreadable}, token=token)
        assert (answered.status_code, slug(answered)) == (400, "json-not-strict")
    assert await office.items("/v1/budgets") == []


async def test_a_budget_is_proposed_enacted_and_amended(office: Office) -> None:
    """By two persons; a proposer with the approver's role is refused."""
    budget_id = await office.budget(amount_idr=10)
    both = office.token("approver", subject="person-aid_officer")
    path = f"/v1/budgets/{budget_id}/enactment"
    answered = await office.post(path, office.enactment(20), token=both)
    assert (answered.status_code, slug(answered)) == (403, "same-person")
    await office.done(path, office.enactment(20, enactment_number="Perda 9"), token=office.token("approver"))
    shown = await office.seen(f"/v1/budgets/{budget_id}")
    assert (shown["enacted_idr"], shown["free_idr"], shown["proposed_idr"]) == (20, 20, 10)
    assert [row["id"] for row in await office.items("/v1/budgets", fund_source="kemensos")] == [budget_id]
    assert await office.items("/v1/budgets", fund_source="bnpb") == []
    unknown = await office.post(
        f"/v1/budgets/{new_id()}/enactment", office.enactment(1), token=office.token("approver")
    )
    assert (unknown.status_code, slug(unknown)) == (404, "budget-unknown")


async def test_rules_are_listed_with_their_basis_and_the_one_in_force(office: Office) -> None:
    """What nobody read in a norm is marked assumed; a superseded rule stays on record."""
    await office.norms()
    rules = await office.items("/v1/benefits/rules", limit=3)
    assert len(rules) == 8
    assert all(rule["assumed"] and rule["legal_basis"] for rule in rules)
    new = {
        "amount_idr": 20_000_000,
        "fund_source": "kemensos",
        "legal_basis": "Permensos 9/2026",
        "valid_from": f"{office.today.year}-01-01",
    }
    approver = office.token("approver")
    answered = await office.post("/v1/benefits/death/rules", new, token=approver)
    assert slug(answered) == "rules-overlap"
    assert "death:2015-01-01" in answered.json()["detail"]
    await office.done("/v1/benefits/death/rules", {**new, "supersedes": ["death:2015-01-01"]}, token=approver)
    assert len(await office.items("/v1/benefits/rules", benefit="death")) == 2
    (in_force,) = await office.items("/v1/benefits/rules", benefit="death", on=office.today.isoformat())
    assert (in_force["amount_idr"], in_force["assumed"]) == (20_000_000, False)
    (earlier,) = await office.items("/v1/benefits/rules", benefit="death", on="2020-05-05")
    assert earlier["amount_idr"] == 15_000_000


async def test_a_refusal_is_told_in_indonesian_first(office: Office) -> None:
    """What stands against it and what to do next, in the reader's language."""
    headers = {"Authorization": f"Bearer {office.token('approver')}", "Idempotency-Key": "refuse-a-ghost"}
    answered = await office.client.post(f"/v1/claims/{ID}/refusal", json={"reason": "duplicate"}, headers=headers)
    assert answered.headers["Content-Language"] == "id"
    assert answered.json()["detail"] == "Tidak ada klaim dengan id ini."


async def test_disasters_heard_of_are_listed(office: Office, victims: Neighbour) -> None:
    """Aid knows the dates of a decree once the victims service published it."""
    disaster = declared(office.today)
    await victims.publish(disaster)
    shown = await office.until_items("/v1/disasters")
    assert [row["id"] for row in shown] == [disaster.disaster_id]
    assert shown[0]["valid_from"] == disaster.valid_from.isoformat()
