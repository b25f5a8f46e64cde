"""The papers of made-up people: what is on a scan's fingerprint, who signed a letter, and what a hand-over states.

Owns the bodies of these requests, which several stories send. Must not send them.
"""

import hashlib
from collections.abc import Mapping
from typing import Any


def paper_hash(*parts: object) -> str:
    """The hash of a scan: the flood has no paper, so that of a line which says what it would show."""
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()


def signing(paper: str, letter_id: str, signers: Mapping[str, str]) -> dict[str, Any]:
    """A letter as signed: who signed it in which role, and its scan in the office's archive."""
    return {
        "signatures": [{"role": role, "signer_id": signer_id} for role, signer_id in signers.items()],
        "scan_sha256": paper_hash(paper, letter_id),
        "scan_kept": "office_archive",
    }


def handover(
    handover_id: str, from_place_id: str, to_place_id: str, receiver: str, lots: Mapping[str, int]
) -> dict[str, Any]:
    """Goods given into the custody of a place, for which somebody there signs; base units by lot."""
    return {
        "handover_id": handover_id,
        "from_place_id": from_place_id,
        "to_place_id": to_place_id,
        "receiver_id": f"{receiver}-{to_place_id}",
        "scan_sha256": paper_hash("bast", handover_id),
        "document_number": f"BAST/{handover_id[-8:]}/CONTOH",
        "lines": [{"lot_id": lot_id, "quantity": quantity} for lot_id, quantity in lots.items()],
    }
