"""Lots and their ledger, as a capability of the logistics service.

Owns the one list of this folder's parts.
"""

from services.logistics.stock import domain as stock
from services.logistics.stock import receiving, reversing, valuing
from services.logistics.stock.card import CARD
from services.logistics.stock.http import stock_router
from services.logistics.stock.tables import balance, lot, reservation
from shared.contracts import ledger, logistics, recalls
from shared.kit.decisions.types import Children, StateKind
from shared.kit.definition import Capability

STOCK = Capability(
    kinds=(
        StateKind(
            name="lot",
            table=lot,
            state=stock.Lot,
            evolve=stock.evolve_lot,
            events=(
                logistics.LotReceived,
                logistics.StockMoved,
                logistics.StockReserved,
                logistics.ReservationReleased,
                ledger.LotValued,
                ledger.LotCounted,
                recalls.LotRecalled,
                recalls.LotCleared,
            ),
            children=(
                Children("balances", balance, stock.Balance),
                Children("reservations", reservation, stock.Reservation),
            ),
        ),
    ),
    deciders={
        receiving.ReceiveLot: receiving.decide_receive_lot,
        valuing.ValueLot: valuing.decide_value_lot,
        receiving.MoveStock: receiving.decide_move_stock,
        reversing.ReverseMovement: reversing.decide_reverse_movement,
    },
    routers=lambda runtime: [stock_router(runtime)],
    read_models=(CARD,),
)
