"""The rice reserve over HTTP: given by its owner, drawn on when it leaves, held back at the ceiling."""

import pytest

from tests.logistics.builders import new_id
from tests.logistics.office import Office, slug

pytestmark = pytest.mark.anyio

STORE = "gudang-kasongan"


async def asked_of_bulog(office: Office, quantity: int) -> str:
    """A village's request for which Bulog gave support in full, and whose goods are reserved."""
    request_id = await office.asked(quantity)
    lines = [{"item_code": "beras", "quantity": quantity}]
    body = {"support_id": (support_id := new_id()), "of_owner_id": "bulog", "lines": lines}
    await office.done(f"/v1/requests/{request_id}/support", body)
    approver = office.token("approver", subject="approver-1")
    await office.done(f"/v1/support/{support_id}/answer", {"accepted": lines}, token=approver)
    await office.done("/v1/requests:allocate", {"request_ids": [request_id]})
    return request_id


async def test_the_reserve_is_drawn_on_up_to_its_quota(office: Office) -> None:
    """A dispatch beyond it is refused with what is left; goods that are gone already are flagged and listed."""
    await office.seed()
    await office.village()
    lot = await office.receive(1_000, owner_id="bulog")
    quota = {"item_code": "beras", "area_code": "62.06", "fiscal_year": office.runtime.today().year, "ceiling": 100}
    await office.done("/v1/quotas", {**quota, "legal_basis": "Perpres 125/2022"})
    shipment = {"from_place_id": STORE, "document_number": "SJ-1/2026"}
    await office.done("/v1/shipments", {**shipment, "request_id": await asked_of_bulog(office, 70)})
    held = await asked_of_bulog(office, 40)
    refused = await office.post("/v1/shipments", {**shipment, "request_id": held})
    assert (slug(refused), "30 left" in refused.text) == ("quota-exceeded", True)
    shown = {one["id"]: one for one in await office.items("/v1/quotas", area_code="62")}
    regency, province = (f"beras:{area}:{quota['fiscal_year']}" for area in ("62.06", "62"))
    assert (shown[regency]["used"], shown[regency]["remaining"]) == (70, 30)
    assert (shown[province]["used"], "ceiling" in shown[province]) == (70, False)
    assert await office.items("/v1/quotas", over=True) == []
    assert set(shown) == {one["id"] for one in await office.items("/v1/quotas", fiscal_year=quota["fiscal_year"])}

    gone = {"from_place_id": STORE, "to_place_id": "desa-2001", "lines": [{"lot_id": lot, "quantity": 50}]}
    issued = await office.done("/v1/emergency-issues", gone)
    assert "over_quota" in issued["events"][0]["flags"]
    (over,) = await office.items("/v1/quotas", over=True)
    assert (over["id"], over["remaining"]) == (regency, -20)
