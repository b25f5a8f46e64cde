"""The claims one cause has had, one after the other.

Owns their ids, which follow from the cause, so that a verification finds the claims it changes without asking
another table, and deciding again after a restore opens the same ones. Pure.
"""

import hashlib
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
    digits = hashlib.shake_256(_ID_DOMAIN + cause.encode()).hexdigest(16 * CLAIMS_PER_CAUSE)
    return tuple(_claim_id(digits[start : start + 32]) for start in range(0, len(digits), 32))


def _claim_id(digits: str) -> ClaimId:
    """A UUID of 32 hexadecimal digits. Source: RFC 9562, 5.8: version 8 and the variant stand at fixed places."""
    variant = "89ab"[int(digits[16], 16) & 3]
    return ClaimId(f"{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}")


@lru_cache(maxsize=4_096)
def chain_refs(cause: str) -> tuple[Ref, ...]:
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
