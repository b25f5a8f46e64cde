"""Counts, as a capability of the logistics service.

Owns the one list of this folder's parts.
"""

from services.logistics.counts import deciding, reporting
from services.logistics.counts import domain as counts
from services.logistics.counts.first_book import FIRST_BOOKS
from services.logistics.counts.http import counts_router
from services.logistics.counts.tables import count, count_line
from shared.contracts.counts import EVENTS
from shared.kit.decisions.types import Children, StateKind
from shared.kit.definition import Capability

COUNTS = Capability(
    kinds=(
        StateKind(
            name="count",
            table=count,
            state=counts.Count,
            evolve=counts.evolve_count,
            events=EVENTS,
            children=(Children("lines", count_line, counts.CountLine),),
        ),
    ),
    deciders={
        counts.OpenCount: counts.decide_open_count,
        counts.RecordLines: counts.decide_record_lines,
        counts.CancelCount: counts.decide_cancel_count,
        reporting.ReportCount: reporting.decide_report_count,
        deciding.SubmitCount: deciding.decide_submit_count,
        deciding.ApproveCount: deciding.decide_approve_count,
        deciding.ReturnCount: deciding.decide_return_count,
    },
    routers=lambda runtime: [counts_router(runtime)],
    read_models=(FIRST_BOOKS,),
)
