"""Benefit rules, as a capability of the aid service.

Owns the one list of this folder's parts.
"""

from services.aid.benefits import domain as benefits
from services.aid.benefits.http import benefits_router
from services.aid.benefits.tables import benefit, benefit_rule
from shared.contracts import aid
from shared.kit.decisions.types import Children, StateKind
from shared.kit.definition import Capability

BENEFITS = Capability(
    kinds=(
        StateKind(
            name="benefit",
            table=benefit,
            state=benefits.BenefitRules,
            evolve=benefits.evolve_benefit,
            events=(aid.BenefitRuleSet,),
            children=(Children("rules", benefit_rule, benefits.BenefitRule),),
        ),
    ),
    deciders={
        benefits.SetRule: benefits.decide_set_rule,
        benefits.SetNorms: benefits.decide_set_norms,
    },
    routers=lambda runtime: [benefits_router(runtime)],
)
