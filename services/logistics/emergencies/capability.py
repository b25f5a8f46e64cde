"""Goods that went before their letter (keluar dulu, surat menyusul), as a capability of the logistics service.

Owns the one list of this folder's parts.
"""

from services.logistics.emergencies import deadlines
from services.logistics.emergencies import domain as emergencies
from services.logistics.emergencies.http import emergencies_router
from services.logistics.emergencies.tables import emergency_issue
from shared.contracts import ledger
from shared.kit.decisions.types import StateKind
from shared.kit.definition import Capability

EMERGENCIES = Capability(
    kinds=(
        StateKind(
            name="emergency_issue",
            table=emergency_issue,
            state=emergencies.EmergencyIssue,
            evolve=emergencies.evolve_emergency_issue,
            events=(ledger.EmergencyIssued, ledger.EmergencyRatified, ledger.EmergencyDeadlineMoved),
        ),
    ),
    deciders={
        emergencies.IssueInEmergency: emergencies.decide_issue_in_emergency,
        emergencies.RatifyEmergency: emergencies.decide_ratify_emergency,
        deadlines.MoveDeadline: deadlines.decide_move_deadline,
    },
    routers=lambda runtime: [emergencies_router(runtime)],
)
