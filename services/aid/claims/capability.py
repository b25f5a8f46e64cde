"""Claims, as a capability of the aid service.

Owns the one list of this folder's parts.
"""

from services.aid.claims import assessing, deciding, reactions
from services.aid.claims import domain as claims
from services.aid.claims.http import claims_router
from services.aid.claims.tables import claim, claim_payout
from shared.contracts import aid, victims
from shared.kit.decisions.types import Children, StateKind
from shared.kit.definition import Capability, Reaction

CLAIMS = Capability(
    kinds=(
        StateKind(
            name="claim",
            table=claim,
            state=claims.Claim,
            evolve=claims.evolve_claim,
            events=(
                aid.ClaimOpened,
                aid.ClaimRepriced,
                aid.ClaimPrepared,
                aid.ClaimApproved,
                aid.ClaimRefused,
                aid.ClaimPaid,
                aid.ClaimReturned,
                aid.ClaimSuspended,
                aid.ClaimOverpaid,
            ),
            children=(Children("payouts", claim_payout, claims.Payout),),
        ),
    ),
    deciders={
        assessing.AssessCause: assessing.decide_assess,
        assessing.RejectCause: assessing.decide_reject_cause,
        assessing.RepriceClaim: assessing.decide_reprice,
        deciding.PrepareClaim: deciding.decide_prepare,
        deciding.ApproveClaim: deciding.decide_approve,
        deciding.RefuseClaim: deciding.decide_refuse,
    },
    routers=lambda runtime: [claims_router(runtime)],
    reactions={
        victims.CasualtyVerified: (Reaction("assess_casualty", reactions.react_to_casualty),),
        victims.CasualtyRejected: (Reaction("reject_cause", reactions.react_to_rejection),),
        victims.DamageVerified: (Reaction("assess_damage", reactions.react_to_damage),),
        victims.DamageRejected: (Reaction("reject_cause", reactions.react_to_rejection),),
    },
)
