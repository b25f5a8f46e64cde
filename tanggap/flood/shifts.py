"""A change of custodians: one counts the store and gives it over, the other agrees, and both sign one paper.

Owns these steps for one warehouse. Must not change what the store holds.
"""

from typing import Any

from tanggap.flood.letters import OFFICE
from tanggap.flood.office import STORES, drawn_id
from tanggap.flood.papers import signing
from tanggap.flood.readiness import SERVICE
from tanggap.flood.stage import NotAsPlanned, Stage

STORE = STORES[-1].place_id
LINES_AT_ONCE = 200


async def change_shift(stage: Stage) -> None:
    """The storekeeper goes home and the inspector keeps the store; who gave it cannot agree for who takes it."""
    count_id, giver, taker = drawn_id(stage, "shift"), stage.cast.storekeeper, stage.cast.inspector
    held = await stage.caller.read_all(SERVICE, giver, f"/v1/places/{STORE}/balances")
    begun: dict[str, Any] = {"count_id": count_id, "place_id": STORE, "purpose": "handover"}
    begun |= {"giver_id": giver.name, "taker_id": taker.name}
    await stage.must(SERVICE, giver, "/v1/counts", stage.key("shift"), begun)
    for first in range(0, len(held), LINES_AT_ONCE):
        lines = [{"lot_id": row["lot_id"], "counted": row["on_hand"]} for row in held[first : first + LINES_AT_ONCE]]
        path, key = f"/v1/counts/{count_id}/lines", stage.key("shift", "lines", first)
        await stage.must(SERVICE, giver, path, key, {"lines": lines})
    await stage.must(SERVICE, giver, f"/v1/counts/{count_id}/submission", stage.key("shift", "submitted"), {})
    approval = f"/v1/counts/{count_id}/approval"
    alone = await stage.caller.command(SERVICE, giver, approval, stage.key("shift", "alone"), {})
    if alone.slug != "same-person":
        raise NotAsPlanned(f"one person alone changed a shift: {alone.status} ({alone.slug})")
    await stage.must(SERVICE, taker, approval, stage.key("shift", "agreed"), {})
    letter_id = await _sign(stage, count_id)
    told = {"giver_id": giver.name, "taker_id": taker.name, "lots": len(held), "document_id": letter_id}
    stage.journal.story("shift", count_id=count_id, place_id=STORE, **told)


async def _sign(stage: Stage, count_id: str) -> str:
    """The paper tells what was counted; both names are on its scan."""
    letter_id = drawn_id(stage, "shift", "letter")
    letter = {"document_id": letter_id, "document_kind": "serah_terima_piket", "office": OFFICE}
    letter["subject"] = f"count/{count_id}"
    await stage.must(SERVICE, stage.cast.storekeeper, "/v1/documents", stage.key("shift", "letter"), letter)
    path = f"/v1/documents/{letter_id}/signing"
    signed = signing(
        "piket", letter_id, {"storekeeper": stage.cast.storekeeper.name, "receiver": stage.cast.inspector.name}
    )
    await stage.must(SERVICE, stage.cast.storekeeper, path, stage.key("shift", "signing"), signed)
    return letter_id
