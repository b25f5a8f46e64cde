"""The doors for reconciliation: budgets compared with claims and payouts, and claims that wait for somebody.

Owns the answers only. Must not decide anything.
"""

from enum import StrEnum

from fastapi import APIRouter, Request, Response

from services.aid.doors import Asked, Reader
from services.aid.reconciliation import queries
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime


class Waiting(StrEnum):
    """Why a claim waits for somebody."""

    SUSPENDED = "suspended"
    OVERPAID = "overpaid"
    RETURNED = "returned"
    UNPRICED = "unpriced"


def reconciliation_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/reconciliation`."""
    router = APIRouter(prefix="/v1/reconciliation", tags=["reconciliation"])

    @router.get("/budgets", summary="Compare budgets with their claims and payouts")
    async def compare_budgets(request: Request, asked: Asked, _: Reader) -> Response:
        """Committed is compared with what claims hold, paid with the payouts that stand. Every difference must be 0."""
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.budgets_compared(connection, after=asked.key(str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["id"],), as_of=as_of)

    @router.get("/claims", summary="List claims that wait for somebody")
    async def list_waiting(request: Request, asked: Asked, _: Reader, waiting: Waiting) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.waiting(connection, waiting, after=asked.key(str), limit=asked.limit)
        return page(request, asked, rows, lambda row: (row["id"],), as_of=as_of)

    return router
