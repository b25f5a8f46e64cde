"""What becomes of goods besides the rations: gone before their letter, in custody, given by list, cooked, returned.

Owns these steps and the numbers of kits in them; the kits are those of `readiness.py`. Must not serve the needs.
"""

from typing import Any

from tanggap.flood.office import drawn_id
from tanggap.flood.papers import handover, paper_hash
from tanggap.flood.readiness import PROVINCE_STORE, SERVICE, Ready
from tanggap.flood.stage import NotAsPlanned, Stage

GONE_BEFORE_LETTER = 12
RICE_HANDED_OVER_G = 20_000
BROUGHT_BACK_GOOD, BROUGHT_BACK_DOUBTFUL = 2, 1
STOLEN = 1
RICE_TO_KITCHEN_G, RICE_COOKED_G = 12_000, 9_000
PORTIONS, FED = 60, 30
TOO_MUCH_G = 10_000_000


class Custody:
    """The province's store, a village and its kitchen."""

    def __init__(self, stage: Stage, ready: Ready) -> None:
        self._stage = stage
        self._ready = ready
        self._run = stage.world.options.run or "contoh"
        self._village = stage.village
        self._homes = stage.world.households[self._village]

    async def play(self) -> None:
        """One after the other, as one store's day goes."""
        await self._gone_before_the_letter()
        await self._hand_over()
        await self._list_recipients()
        await self._plan_within_what_is_due()
        await self._cook()
        await self._bring_back()
        await self._count_the_store()
        await self._recall()

    async def _gone_before_the_letter(self) -> None:
        """Kits left at night; the letter comes afterwards, by another person."""
        issue_id = drawn_id(self._stage, "issue")
        lines = [{"lot_id": self._ready.kit_lot_id, "quantity": GONE_BEFORE_LETTER}]
        issue = {"issue_id": issue_id, "from_place_id": PROVINCE_STORE, "to_place_id": self._village, "lines": lines}
        await self._keep("/v1/emergency-issues", "issue", {**issue, "disaster_id": self._stage.world.disaster_id})
        path = f"/v1/emergency-issues/{issue_id}/ratification"
        letter = {"document_number": f"ND/{issue_id[-8:]}/CONTOH"}
        await self._stage.must(SERVICE, self._stage.cast.approver, path, self._stage.key("ratified"), letter)
        self._stage.journal.story("emergency_issue", issue_id=issue_id, quantity=GONE_BEFORE_LETTER)

    async def _hand_over(self) -> None:
        """The village head signs for rice of the lumbung: it is in custody, nobody has got it yet."""
        handover_id = await self._hand_rice_over(self._village, RICE_HANDED_OVER_G)
        self._stage.journal.story("handover", handover_id=handover_id, quantity=RICE_HANDED_OVER_G)

    async def _hand_rice_over(self, place_id: str, quantity: int) -> str:
        handover_id = drawn_id(self._stage, "handover", place_id)
        rice = {self._ready.rice_lot_id: quantity}
        body = handover(handover_id, self._ready.lumbung_place_id, place_id, "penerima", rice)
        await self._keep("/v1/handovers", f"handover-{place_id}", body)
        return handover_id

    async def _list_recipients(self) -> None:
        """The signed list: two households, one of them twice, and a row nobody can match."""
        stage, list_id = self._stage, drawn_id(self._stage, "list")
        opened = {
            "list_id": list_id,
            "disaster_id": stage.world.disaster_id,
            "place_id": self._village,
            "area_code": self._village,
            "lot_ids": [self._ready.kit_lot_id],
            "document_number": f"DP/{list_id[-8:]}/CONTOH",
            "scan_sha256": paper_hash("daftar", list_id),
            "handed_out_on": stage.world.today.isoformat(),
        }
        await self._keep("/v1/recipient-lists", "list", opened)
        one = [{"item_code": "kids-ware", "quantity": 1}]
        homes = [self._homes[0], self._homes[1], self._homes[0]]
        rows: list[dict[str, Any]] = [{"household_id": home, "lines": one} for home in homes]
        await self._keep(f"/v1/recipient-lists/{list_id}/rows", "rows", {"rows": [*rows, {"lines": one}]})
        await self._keep(f"/v1/recipient-lists/{list_id}/posting", "posting", {})
        stage.journal.story("recipient_list", list_id=list_id, rows=len(rows) + 1, quantity=len(rows) + 1)

    async def _plan_within_what_is_due(self) -> None:
        """Two households are one family, and no plan goes beyond what it is due."""
        stage, officer = self._stage, self._stage.cast.officers[0]
        linked = {"household_id": self._homes[0], "other_household_id": self._homes[1], "reason": "same_family_card"}
        await self._keep("/v1/families:link", "link", linked)
        plan = {
            "disaster_id": stage.world.disaster_id,
            "place_id": self._village,
            "area_code": self._village,
            "households": [
                {"household_id": self._homes[0], "lines": [{"item_code": "beras", "quantity": TOO_MUCH_G}]},
            ],
        }
        path, key = "/v1/distribution-plans", stage.key("plan-too-much")
        answer = await stage.caller.command(SERVICE, officer, path, key, plan)
        if answer.accepted or answer.slug != "over-entitlement":
            raise NotAsPlanned(f"a plan beyond what is due was answered {answer.status} ({answer.slug})")
        stage.journal.story("over_entitlement", household_ids=list(self._homes[:2]))

    async def _cook(self) -> None:
        """A public kitchen gets rice and makes meals of it."""
        stage, kitchen, meal_id = self._stage, f"dapur-{self._run}", drawn_id(self._stage, "meal")
        place = {"place_id": kitchen, "place_kind": "kitchen", "area_code": self._village}
        await stage.must(SERVICE, stage.cast.coordinator, "/v1/places", stage.key("kitchen"), place)
        await self._hand_rice_over(kitchen, RICE_TO_KITCHEN_G)
        meals = {
            "meal_id": meal_id,
            "disaster_id": stage.world.disaster_id,
            "portions": PORTIONS,
            "person_count": FED,
            "ingredients": [{"lot_id": self._ready.rice_lot_id, "quantity": RICE_COOKED_G}],
        }
        await self._keep(f"/v1/kitchens/{kitchen}/meals", "meals", meals)
        stage.journal.story("meals", meal_id=meal_id, portions=PORTIONS, consumed=RICE_COOKED_G)

    async def _bring_back(self) -> None:
        """Kits the village did not need come back: good ones to the store, a doubtful one apart."""
        stage, return_id, apart = self._stage, drawn_id(self._stage, "return"), f"karantina-{self._run}"
        place = {"place_id": apart, "place_kind": "quarantine", "area_code": "62.71"}
        await stage.must(SERVICE, stage.cast.coordinator, "/v1/places", stage.key("quarantine"), place)
        kit = self._ready.kit_lot_id
        body = {
            "return_id": return_id,
            "at_place_id": PROVINCE_STORE,
            "from_place_id": self._village,
            "quarantine_place_id": apart,
            "document_number": f"RETUR/{return_id[-8:]}/CONTOH",
            "lines": [
                {"lot_id": kit, "quantity": BROUGHT_BACK_GOOD, "condition": "good"},
                {"lot_id": kit, "quantity": BROUGHT_BACK_DOUBTFUL, "condition": "doubtful"},
            ],
        }
        await self._keep("/v1/returns", "return", body)
        told = {"good": BROUGHT_BACK_GOOD, "doubtful": BROUGHT_BACK_DOUBTFUL}
        stage.journal.story("goods_returned", return_id=return_id, quarantine=apart, **told)

    async def _count_the_store(self) -> None:
        """One kit is missing from the store: counted by one person, with a reason, and taken in by another."""
        stage, count_id, kit = self._stage, drawn_id(self._stage, "count"), self._ready.kit_lot_id
        book = self._ready.kits - GONE_BEFORE_LETTER + BROUGHT_BACK_GOOD
        begun = {"count_id": count_id, "place_id": PROVINCE_STORE, "whole": False}
        await self._keep("/v1/counts", "count", begun)
        path = f"/v1/counts/{count_id}"
        await self._keep(f"{path}/lines", "counted", {"lines": [{"lot_id": kit, "counted": book - STOLEN}]})
        reasons = [{"lot_id": kit, "loss_reason": "stolen"}]
        await self._keep(f"{path}/submission", "submitted", {"reasons": reasons})
        shown = await stage.caller.read(SERVICE, stage.cast.inspector, path)
        if shown["status"] == "submitted":
            await stage.must(SERVICE, stage.cast.inspector, f"{path}/approval", stage.key("approved", count_id), {})
        stage.journal.story("count", count_id=count_id, lot_id=kit, difference=-STOLEN)

    async def _recall(self) -> None:
        """The maker of the food calls it back: the kits it is in are found in the store, the village and the homes."""
        stage, recall_id = self._stage, drawn_id(self._stage, "recall")
        order = {
            "recall_id": recall_id,
            "lot_ids": [drawn_id(stage, "part", "makanan-anak")],
            "reason": "makers_notice",
            "document_number": f"TARIK/{recall_id[-8:]}/CONTOH",
        }
        await self._keep("/v1/recalls", "recall", order)
        shown = await stage.caller.read(SERVICE, stage.cast.auditor, f"/v1/recalls/{recall_id}")
        reached = shown["household_count"]
        if reached < 2 or self._ready.kit_lot_id not in {one["id"] for one in shown["lots"]}:
            raise NotAsPlanned(f"a recall found {reached} households and not all lots")
        stage.journal.story("recall", recall_id=recall_id, kit_lot_id=self._ready.kit_lot_id, households=reached)

    async def _keep(self, path: str, name: str, body: dict[str, Any]) -> None:
        await self._stage.must(SERVICE, self._stage.cast.storekeeper, path, self._stage.key("custody", name), body)
