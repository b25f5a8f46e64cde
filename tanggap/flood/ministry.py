"""Tents the regency has not got: asked of the ministry, which gives a part, sent, and turned aside on the way.

Owns these steps and the numbers of tents. Must not serve the needs of households.
"""

from dataclasses import dataclass
from typing import Any

from tanggap.flood.office import drawn_id
from tanggap.flood.papers import paper_hash
from tanggap.flood.plan import Post
from tanggap.flood.readiness import PROVINCE_STORE, SERVICE
from tanggap.flood.stage import Stage

TENT = "tenda-keluarga"
OWNER = "kemensos"
IN_STORE, ASKED, GIVEN, TURNED_ASIDE = 20, 8, 6, 2


@dataclass(frozen=True, slots=True)
class Tents:
    """The request for tents and the shipment they left with."""

    request_id: str
    shipment_id: str


class Ministry:
    """The ministry's tents in the province's store."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._request_id = drawn_id(stage, "tents")
        self._shipment_id = drawn_id(stage, "tents-shipment")
        self._lot_id = drawn_id(stage, "tents-lot")
        self._to, self._aside = _two_posts(stage)

    async def play(self) -> Tents:
        """From the letter to the last tent counted."""
        await self._ask()
        await self._support()
        await self._send()
        await self._turn_aside()
        return Tents(self._request_id, self._shipment_id)

    async def _ask(self) -> None:
        stage = self._stage
        lot = {
            "lot_id": self._lot_id,
            "item_code": TENT,
            "place_id": PROVINCE_STORE,
            "quantity": IN_STORE,
            "owner_id": OWNER,
            "document_number": f"BAST/TENDA/{self._lot_id[-8:]}",
        }
        await self._keep("/v1/lots", "lot", lot)
        request = {
            "request_id": self._request_id,
            "disaster_id": stage.world.disaster_id,
            "area_code": self._to.area_code,
            "to_place_id": self._to.post_id,
            "urgency": "high",
            "lines": [{"item_code": TENT, "quantity": ASKED}],
        }
        await self._keep("/v1/requests", "request", request)
        path = f"/v1/requests/{self._request_id}/approval"
        await stage.must(SERVICE, stage.cast.approver, path, stage.key("tents", "approval"), {})

    async def _support(self) -> None:
        """The ministry keeps a part for itself and says why."""
        stage, support_id = self._stage, drawn_id(self._stage, "support")
        asked = {
            "support_id": support_id,
            "of_owner_id": OWNER,
            "lines": [{"item_code": TENT, "quantity": ASKED}],
            "letter_number": f"DUKUNGAN/{support_id[-8:]}/CONTOH",
        }
        await self._keep(f"/v1/requests/{self._request_id}/support", "support", asked)
        answer = {"accepted": [{"item_code": TENT, "quantity": GIVEN}], "reason": "own_need"}
        path = f"/v1/support/{support_id}/answer"
        await stage.must(SERVICE, stage.cast.approver, path, stage.key("tents", "answer"), answer)
        stage.journal.story("support", request_id=self._request_id, owner_id=OWNER, quantity=GIVEN)

    async def _send(self) -> None:
        """The store takes the tents that just came, by hand: some of an earlier flood may lie beside them."""
        pick = {
            "lot_id": self._lot_id,
            "place_id": PROVINCE_STORE,
            "quantity": GIVEN,
            "support_id": drawn_id(self._stage, "support"),
        }
        by_hand = {"picks": [pick], "reason": "vehicle_loads_there"}
        await self._keep(f"/v1/requests/{self._request_id}/allocation", "allocate", by_hand)
        picked = {"request_id": self._request_id, "from_place_id": PROVINCE_STORE}
        await self._keep(f"/v1/shipments/{self._shipment_id}/loading-list", "picked", picked)
        dispatch = {
            "shipment_id": self._shipment_id,
            **picked,
            "carrier_id": "pengemudi-contoh",
            "document_number": f"SJ/{self._shipment_id[-8:]}/CONTOH",
        }
        await self._keep("/v1/shipments", "dispatch", dispatch)

    async def _turn_aside(self) -> None:
        """Two of the tents are more urgent elsewhere; each receiver signs on paper for what came."""
        aside = drawn_id(self._stage, "tents-aside")
        diversion = {
            "into_shipment_id": aside,
            "to_place_id": self._aside.post_id,
            "reason": "more_urgent_need",
            "document_number": f"ALIH/{aside[-8:]}/CONTOH",
            "lines": [{"lot_id": self._lot_id, "quantity": TURNED_ASIDE}],
        }
        await self._keep(f"/v1/shipments/{self._shipment_id}/diversions", "diversion", diversion)
        await self._count(self._shipment_id, self._to, GIVEN - TURNED_ASIDE)
        await self._count(aside, self._aside, TURNED_ASIDE)
        told = {"sent": GIVEN, "diverted": TURNED_ASIDE, "into_shipment_id": aside}
        self._stage.journal.story("diverted", shipment_id=self._shipment_id, **told)

    async def _count(self, shipment_id: str, post: Post, quantity: int) -> None:
        counted = {
            "place_id": post.post_id,
            "receiver_id": f"penerima-{post.area_code}",
            "scan_sha256": paper_hash("bast", shipment_id),
            "lines": [{"lot_id": self._lot_id, "accepted": quantity}],
        }
        await self._keep(f"/v1/shipments/{shipment_id}/counts", f"counted-{shipment_id}", counted)

    async def _keep(self, path: str, name: str, body: dict[str, Any]) -> None:
        await self._stage.must(SERVICE, self._stage.cast.storekeeper, path, self._stage.key("tents", name), body)


def _two_posts(stage: Stage) -> tuple[Post, Post]:
    """Where the tents are to go, and where some of them go instead: in the smallest flood the same."""
    posts = stage.world.posts
    return posts[0], posts[-1]
