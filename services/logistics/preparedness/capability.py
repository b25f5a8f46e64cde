"""Preparedness, as a capability of the logistics service.

Owns the one list of this folder's parts.
"""

from services.logistics.preparedness import domain as preparedness
from services.logistics.preparedness import villages
from services.logistics.preparedness.http import preparedness_router
from services.logistics.preparedness.tables import buffer, ksb, stock_check
from shared.contracts.preparedness import BufferSet, KsbDrilled, KsbReported, StockChecked
from shared.kit.decisions.types import StateKind
from shared.kit.definition import Capability

PREPAREDNESS = Capability(
    kinds=(
        StateKind(
            name="buffer",
            table=buffer,
            state=preparedness.Buffer,
            evolve=preparedness.evolve_buffer,
            events=(BufferSet,),
        ),
        StateKind(
            name="ksb",
            table=ksb,
            state=villages.Ksb,
            evolve=villages.evolve_ksb,
            events=(KsbReported, KsbDrilled),
        ),
        StateKind(
            name="stock_check",
            table=stock_check,
            state=preparedness.StockCheck,
            evolve=preparedness.evolve_stock_check,
            events=(StockChecked,),
        ),
    ),
    deciders={
        preparedness.SetBuffer: preparedness.decide_set_buffer,
        villages.ReportKsb: villages.decide_report_ksb,
        villages.RecordDrill: villages.decide_record_drill,
        preparedness.RecordCheck: preparedness.decide_record_check,
    },
    routers=lambda runtime: [preparedness_router(runtime)],
)
