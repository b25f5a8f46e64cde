"""The claims one cause has had, one after the other.

Owns their ids, which follow from the cause, so that a verification finds the claims it changes without asking
another table, and deciding again after a restore opens the same ones. Pure.
"""

import hashlib
import uuid
from collections.abc import Sequence
from functools import lru_cache

from services.aid.claims.domain import Claim, Standing
from shared.contracts.ids import ClaimId
from shared.kit.decisions.types import Ref, Refusal, States

# A claim and its successors after corrections. A cause corrected more often than this needs a person, not a program.
CLAIMS_PER_CAUSE = 16
_ID_DOMAIN = b"tanggap-claim-v1\x00"


@lru_cache(maxsize=4_096)
def claim_ids(cause: str) -> tuple[ClaimId, ...]:
    """The ids a cause's claims take in turn, as UUIDv8."""
    return tuple(_claim_id(cause, number) for number in range(1, CLAIMS_PER_CAUSE + 1))


def _claim_id(cause: str, number: int) -> ClaimId:
    octets = bytearray(hashlib.sha256(_ID_DOMAIN + f"{cause}\x00{number}".encode()).digest()[:16])
    octets[6] = (octets[6] & 0x0F) | 0x80
    octets[8] = (octets[8] & 0x3F) | 0x80
    return ClaimId(str(uuid.UUID(bytes=bytes(octets))))


def chain_refs(cause: str) -> Sequence[Ref]:
    """Every claim a cause has or may have, to be named by a command."""
    return tuple(Ref("claim", claim_id) for claim_id in claim_ids(cause))


def chain_of(states: States, cause: str) -> list[Claim]:
    """The claims a cause has, oldest first."""
    found = (states.find(Claim, claim_id) for claim_id in claim_ids(cause))
    return [claim for claim in found if claim is not None]


def paid_idr(chain: Sequence[Claim]) -> int:
    """What has been paid for a cause and did not come back."""
    return sum(claim.amount_idr or 0 for claim in chain if claim.standing is Standing.PAID)


def exhausted() -> Refusal:
    """The refusal of one more claim than a cause may have."""
    return Refusal(
        slug="cause-corrected-too-often",
        detail="This cause has had %(claims)d claims already.",
        next_step="Have the verifications of this casualty or damage looked at.",
        params={"claims": CLAIMS_PER_CAUSE},
    )
