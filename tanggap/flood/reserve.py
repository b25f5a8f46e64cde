"""The government's rice reserve at Bulog: a ceiling for the year, a draw within it, and two beyond it.

Owns these steps and the amounts of rice. What was drawn of the year's quota before is left to the service, so that a
second flood of a year draws on the same quota.
"""

from typing import Any

from tanggap.flood.areas import KATINGAN
from tanggap.flood.office import STORES, drawn_id
from tanggap.flood.readiness import ASSUMED, SERVICE
from tanggap.flood.stage import NotAsPlanned, Stage

OWNER = "bulog"
STORE = STORES[1].place_id
IN_STORE_G, ALLOWED_G, DRAWN_G, GONE_G = 200_000, 100_000, 60_000, 50_000


class Reserve:
    """Bulog's rice in a store of the regency, and the regency that asks for it."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._post = stage.world.posts[0]
        self._lot_id = drawn_id(stage, "reserve")
        self._request_id = drawn_id(stage, "reserve", "request")

    async def play(self) -> None:
        """A shipment within the quota, one beyond it that is refused, and rice that was gone before anybody asked."""
        await self._allow()
        await self._keep("/v1/lots", "lot", self._lot())
        await self._ask()
        shipment_id = await self._send(DRAWN_G)
        await self._refused()
        issue_id = await self._gone()
        self._stage.journal.story(
            "reserve", lot_id=self._lot_id, shipment_id=shipment_id, issue_id=issue_id, drawn=DRAWN_G, over=GONE_G
        )

    async def _allow(self) -> None:
        """So much more than was drawn this year already."""
        stage, year = self._stage, self._stage.world.today.year
        asked = {"area_code": KATINGAN, "fiscal_year": year}
        rows = await stage.caller.read_all(SERVICE, stage.cast.coordinator, "/v1/quotas", **asked)
        used = sum(row["used"] for row in rows if row["item_code"] == "beras" and row["area_code"] == KATINGAN)
        quota = {**asked, "item_code": "beras", "ceiling": used + ALLOWED_G, "legal_basis": ASSUMED}
        await stage.must(SERVICE, stage.cast.coordinator, "/v1/quotas", stage.key("quota"), quota)

    def _lot(self) -> dict[str, Any]:
        return {
            "lot_id": self._lot_id,
            "item_code": "beras",
            "place_id": STORE,
            "quantity": IN_STORE_G,
            "owner_id": OWNER,
            "unit_value_idr": 12_000,
            "valued_quantity": 1_000,
            "value_basis": "cost",
            "document_number": f"CBP/{self._lot_id[-8:]}/CONTOH",
        }

    async def _ask(self) -> None:
        """The regency asks for rice for its post, and Bulog gives as much of it as it has."""
        stage, support_id = self._stage, drawn_id(self._stage, "reserve", "support")
        lines = [{"item_code": "beras", "quantity": IN_STORE_G}]
        request = {
            "request_id": self._request_id,
            "disaster_id": stage.world.disaster_id,
            "area_code": self._post.area_code,
            "to_place_id": self._post.post_id,
            "lines": lines,
        }
        await self._keep("/v1/requests", "request", request)
        path = f"/v1/requests/{self._request_id}"
        await stage.must(SERVICE, stage.cast.approver, f"{path}/approval", stage.key("reserve", "approval"), {})
        support = {"support_id": support_id, "of_owner_id": OWNER, "lines": lines}
        support["letter_number"] = f"CBP/{support_id[-8:]}/CONTOH"
        await self._keep(f"{path}/support", "support", support)
        answer, key = {"accepted": lines}, stage.key("reserve", "answer")
        await stage.must(SERVICE, stage.cast.approver, f"/v1/support/{support_id}/answer", key, answer)
        pick = {"lot_id": self._lot_id, "place_id": STORE, "support_id": support_id}
        picks = [{**pick, "quantity": DRAWN_G}, {**pick, "quantity": ALLOWED_G - DRAWN_G + 1}]
        chosen = {"picks": picks, "reason": "vehicle_loads_there"}
        await self._keep(f"{path}/allocation", "allocation", chosen)

    async def _send(self, quantity: int) -> str:
        shipment_id = drawn_id(self._stage, "reserve", quantity)
        await self._keep("/v1/shipments", f"shipment-{quantity}", await self._shipment(shipment_id, quantity))
        counted = {
            "place_id": self._post.post_id,
            "receiver_id": f"penerima-{self._post.area_code}",
            "lines": [{"lot_id": self._lot_id, "accepted": quantity}],
        }
        await self._keep(f"/v1/shipments/{shipment_id}/counts", "counted", counted)
        return shipment_id

    async def _refused(self) -> None:
        """A decision beyond the quota is not taken; what was kept for it is set free."""
        stage, quantity = self._stage, ALLOWED_G - DRAWN_G + 1
        body = await self._shipment(drawn_id(stage, "reserve", quantity), quantity)
        key = stage.key("reserve", "beyond")
        answer = await stage.caller.command(SERVICE, stage.cast.storekeeper, "/v1/shipments", key, body)
        if answer.slug != "quota-exceeded":
            raise NotAsPlanned(f"a shipment beyond the quota was answered {answer.status} ({answer.slug})")
        path = f"/v1/requests/{self._request_id}/cancellation"
        await self._keep(path, "cancellation", {"reason": "no_longer_needed"})

    async def _shipment(self, shipment_id: str, quantity: int) -> dict[str, Any]:
        stage = self._stage
        path = f"/v1/requests/{self._request_id}"
        request = await stage.caller.read(SERVICE, stage.cast.storekeeper, path)
        (kept,) = [one for one in request["reservations"] if one["quantity"] == quantity]
        return {
            "shipment_id": shipment_id,
            "request_id": self._request_id,
            "from_place_id": STORE,
            "lines": [{"reservation_id": kept["reservation_id"], "quantity": quantity}],
            "document_number": f"SJ/{shipment_id[-8:]}/CONTOH",
        }

    async def _gone(self) -> str:
        """Rice that a custodian gave out at night is gone, also beyond the quota; the letter follows."""
        stage, issue_id = self._stage, drawn_id(self._stage, "reserve", "gone")
        lines = [{"lot_id": self._lot_id, "quantity": GONE_G}]
        issue = {"issue_id": issue_id, "from_place_id": STORE, "to_place_id": self._post.villages[0], "lines": lines}
        await self._keep("/v1/emergency-issues", "gone", {**issue, "disaster_id": stage.world.disaster_id})
        path, letter = f"/v1/emergency-issues/{issue_id}/ratification", {"document_number": f"ND/{issue_id[-8:]}/CBP"}
        await stage.must(SERVICE, stage.cast.approver, path, stage.key("reserve", "ratified"), letter)
        return issue_id

    async def _keep(self, path: str, name: str, body: dict[str, Any]) -> None:
        await self._stage.must(SERVICE, self._stage.cast.storekeeper, path, self._stage.key("reserve", name), body)
