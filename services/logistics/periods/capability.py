"""Periods of owners' books, as a capability of the logistics service.

Owns the one list of this folder's parts.
"""

from services.logistics.periods import domain as periods
from services.logistics.periods.closed import CLOSED
from services.logistics.periods.http import periods_router
from services.logistics.periods.tables import period
from shared.contracts.periods import EVENTS
from shared.kit.decisions.types import StateKind
from shared.kit.definition import Capability

PERIODS = Capability(
    kinds=(
        StateKind(
            name="period",
            table=period,
            state=periods.Period,
            evolve=periods.evolve_period,
            events=EVENTS,
        ),
    ),
    deciders={periods.ClosePeriod: periods.decide_close_period},
    routers=lambda runtime: [periods_router(runtime)],
    read_models=(CLOSED,),
)
