"""The papers of a supply: numbered, printed with their QR, signed, printed again, and one set aside for the night.

Owns the chain of letters of one shipment. Must not move goods.
"""

from typing import Any

from tanggap.flood.ministry import Tents
from tanggap.flood.office import drawn_id
from tanggap.flood.papers import signing
from tanggap.flood.readiness import SERVICE
from tanggap.flood.stage import NotAsPlanned, Stage

OFFICE = "dinsos-kalteng"
# Each kind follows the one before it.
CHAIN = ("surat_permohonan", "disposisi", "sppb", "surat_jalan", "bast")
ABOUT_REQUEST = frozenset(CHAIN[:3])


class Letters:
    """The secretary of the office."""

    def __init__(self, stage: Stage, tents: Tents) -> None:
        self._stage = stage
        self._tents = tents

    async def play(self) -> None:
        """Write the whole chain, have the last letter signed, and look at its page."""
        before: list[str] = []
        for kind in CHAIN:
            letter_id = drawn_id(self._stage, "letter", kind)
            subject = (
                f"request/{self._tents.request_id}" if kind in ABOUT_REQUEST else f"shipment/{self._tents.shipment_id}"
            )
            letter = {
                "document_id": letter_id,
                "document_kind": kind,
                "office": OFFICE,
                "subject": subject,
                "predecessors": before,
            }
            await self._keep("/v1/documents", kind, letter)
            before = [letter_id]
        await self._sign(before[0])
        await self._keep(f"/v1/documents/{before[0]}/reprints", "reprint", {})
        await self._look_at(before[0])
        aside = {"document_kind": "surat_jalan", "office": OFFICE, "count": 1}
        await self._keep("/v1/documents:set-numbers-aside", "aside", aside)
        letters = [drawn_id(self._stage, "letter", kind) for kind in CHAIN]
        self._stage.journal.story("letters", document_ids=letters, signed=before[0])

    async def _sign(self, letter_id: str) -> None:
        signers = {"receiver": "penerima-contoh", "storekeeper": self._stage.cast.storekeeper.name}
        await self._keep(f"/v1/documents/{letter_id}/signing", "signing", signing("scan", letter_id, signers))

    async def _look_at(self, letter_id: str) -> None:
        """The page is a PDF, and the hash its QR carries is that of the letter."""
        caller, auditor = self._stage.caller, self._stage.cast.auditor
        page = await caller.fetch(SERVICE, auditor, f"/v1/documents/{letter_id}/pdf")
        letter = await caller.read(SERVICE, auditor, f"/v1/documents/{letter_id}")
        asked = {"hash": letter["content_sha256"]}
        checked = await caller.read(SERVICE, auditor, f"/v1/documents/{letter_id}/check", **asked)
        if not page.startswith(b"%PDF-") or not checked["genuine"] or not checked["signed"]:
            raise NotAsPlanned(f"the page of letter {letter_id} is not as it should be")

    async def _keep(self, path: str, name: str, body: dict[str, Any]) -> None:
        await self._stage.must(SERVICE, self._stage.cast.storekeeper, path, self._stage.key("letters", name), body)
