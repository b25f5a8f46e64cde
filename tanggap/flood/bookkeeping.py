"""What keeps the books right: kits unpacked, a slip taken back, goods destroyed, a late fact, the year's report.

Owns these steps and the amounts in them; the goods are those of `readiness.py` and `workbooks.py`. Must not serve the
needs.
"""

from datetime import date, timedelta
from typing import Any

from tanggap.flood.deliveries import HANDED_OUT
from tanggap.flood.letters import OFFICE
from tanggap.flood.ministry import OWNER as MINISTRY
from tanggap.flood.office import drawn_id
from tanggap.flood.papers import signing
from tanggap.flood.readiness import KIT, PARTNER, PROVINCE_OWNER, PROVINCE_STORE, SERVICE, SOAP, SOAP_A_KIT, Ready
from tanggap.flood.reporting import Reporting
from tanggap.flood.reserve import OWNER as BULOG
from tanggap.flood.reserve import Reserve
from tanggap.flood.shifts import change_shift
from tanggap.flood.stage import Stage
from tanggap.flood.workbooks import COTS, Workbooks

REGENCY = "regency:62.06"
OWNERS = (PROVINCE_OWNER, REGENCY, MINISTRY, BULOG)
UNPACKED, DESTROYED = 3, 4
SLIP_G = SOAP_A_KIT
COTS_GIVEN = COTS // 2
LATE = timedelta(days=2)
EXPIRING_WITHIN = timedelta(days=200)


async def keep_books(stage: Stage, ready: Ready, reporting: Reporting) -> None:
    """One after the other, when the goods are where they belong."""
    workbooks = Workbooks(stage)
    await workbooks.play()
    await Reserve(stage).play()
    await change_shift(stage)
    await Bookkeeping(stage, ready, reporting, workbooks.cot_lot_id).play()


class Bookkeeping:
    """The province's bookkeeper, and the storekeeper where goods are touched."""

    def __init__(self, stage: Stage, ready: Ready, reporting: Reporting, cot_lot_id: str) -> None:
        self._stage = stage
        self._reporting = reporting
        self._ready = ready
        self._cot_lot_id = cot_lot_id
        self._village = stage.village

    async def play(self) -> None:
        """From the kits to the report of the year, which tells of all of them."""
        await self._unpack()
        await self._take_back_a_slip()
        await self._destroy()
        await self._late_fact()
        self._report()

    async def _unpack(self) -> None:
        """Some of the recalled kits are taken apart: the soap in them is good."""
        lot_id = self._ready.kit_lot_id
        body = {"place_id": PROVINCE_STORE, "quantity": UNPACKED}
        await self._keep(f"/v1/kit-lots/{lot_id}/unpackings", "unpacking", body)
        self._stage.journal.story("kits_unpacked", lot_id=lot_id, quantity=UNPACKED)

    async def _take_back_a_slip(self) -> None:
        """Soap was written off that is not broken: the movement stays, and another one takes it back."""
        soap = drawn_id(self._stage, "part", SOAP)
        slip = {"from_place_id": PROVINCE_STORE, "to_place_id": "damaged", "quantity": SLIP_G, "reason": "damage"}
        (event_id,) = await self._keep(f"/v1/lots/{soap}/movements", "slip", slip)
        await self._keep(f"/v1/movements/{event_id}/reversal", "reversal", {})
        self._stage.journal.story("reversal", event_id=event_id, lot_id=soap, quantity=SLIP_G)

    async def _destroy(self) -> None:
        """Recalled kits come back from the village and are destroyed, which two people sign."""
        stage, return_id, letter_id = (
            self._stage,
            drawn_id(self._stage, "ruin"),
            drawn_id(self._stage, "ruin", "letter"),
        )
        lot_id = self._ready.kit_lot_id
        letter = {
            "document_id": letter_id,
            "document_kind": "ba_pemusnahan",
            "office": OFFICE,
            "subject": f"return/{return_id}",
            "lines": [{"item_code": KIT, "lot_id": lot_id, "quantity": DESTROYED}],
            "from_place_id": self._village,
        }
        await self._keep("/v1/documents", "ruin-letter", letter)
        body = {
            "return_id": return_id,
            "at_place_id": PROVINCE_STORE,
            "from_place_id": self._village,
            "destruction_document_id": letter_id,
            "document_number": f"RETUR/{return_id[-8:]}/CONTOH",
            "lines": [{"lot_id": lot_id, "quantity": DESTROYED, "condition": "unusable"}],
        }
        await self._keep("/v1/returns", "ruin", body)
        signers = {"storekeeper": stage.cast.storekeeper.name, "officer": stage.cast.inspector.name}
        await self._keep(f"/v1/documents/{letter_id}/signing", "ruin-signing", signing("musnah", letter_id, signers))
        told = {"lot_id": lot_id, "quantity": DESTROYED}
        stage.journal.story("destroyed", return_id=return_id, document_id=letter_id, **told)

    async def _late_fact(self) -> None:
        """A post tells today what it gave out in a period whose book is closed."""
        stage, post = self._stage, self._stage.world.posts[0]
        handout_id = drawn_id(stage, "late")
        given = {
            "handout_id": handout_id,
            "disaster_id": stage.world.disaster_id,
            "area_code": post.villages[0],
            "lines": [{"lot_id": self._cot_lot_id, "quantity": COTS_GIVEN}],
            "household_ids": list(stage.world.households[post.villages[0]][:1]),
        }
        await self._reporting.tell(post, HANDED_OUT, given, ago=LATE)
        told = {"owner_id": PROVINCE_OWNER, "occurred_on": (stage.world.today - LATE).isoformat()}
        told["until"] = (stage.world.today - timedelta(days=1)).isoformat()
        stage.journal.story("late_fact", handout_id=handout_id, quantity=COTS_GIVEN, **told)

    def _report(self) -> None:
        """What the office reads at the year's end is fetched by the checker, which reckons it anew from the log."""
        today, journal = self._stage.world.today, self._stage.journal
        year = {"since": date(today.year, 1, 1).isoformat(), "until": date(today.year, 12, 31).isoformat()}
        for owner_id in OWNERS:
            journal.story("year_end", owner_id=owner_id, **year)
        journal.story("stock_lists", today=today.isoformat(), before=(today + EXPIRING_WITHIN).isoformat())
        journal.story("statement", partner_id=PARTNER)

    async def _keep(self, path: str, name: str, body: dict[str, Any]) -> list[str]:
        """Have the storekeeper do something: the ids of what was logged for it."""
        stage, key = self._stage, self._stage.key("books", name)
        answer = await stage.must(SERVICE, stage.cast.storekeeper, path, key, body)
        return [event["id"] for event in answer.content["events"]]
