"""What is shown of claims without saying who is paid.

Owns the reads over the tables of claims, and what a command must know of a claim before it is decided. Must not open
the vault.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from services.aid.claims.domain import PERSONAL, Standing
from services.aid.claims.tables import claim, claim_payout
from shared.contracts.ids import BudgetId, Subject
from shared.contracts.vocabulary import Benefit, FundSource, ReturnReason
from shared.kit.decisions.types import UniqueKey
from shared.kit.http.paging import Key
from shared.kit.http.reads import array, as_of, rows_of
from shared.kit.vault.keys import VaultKeys


class PayoutShown(BaseModel):
    """A transfer, and its way back if the bank returned it."""

    payout_id: str
    budget_id: str
    amount_idr: int
    paid_on: date
    returned_on: date | None
    return_reason: ReturnReason | None


class ClaimShown(BaseModel):
    """A claim. An approval must name its `prepared_version`, `amount_idr` and `payee_commitment` as they stand here."""

    id: str
    version: int
    cause: str
    benefit: Benefit
    disaster_id: str
    person_id: str | None
    household_id: str | None
    event_on: date
    rule_id: str | None
    amount_idr: int | None
    fund_source: FundSource | None
    difference_of: str | None
    opened_on: date
    flags: tuple[str, ...]
    standing: Standing
    prepared_version: int | None
    prepared_by: str | None
    prepared_on: date | None
    payee_commitment: str | None
    approved_by: str | None
    approved_on: date | None
    budget_id: str | None
    overpaid_idr: int
    payouts: tuple[PayoutShown, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What a command must say of a claim; the decision checks that it still holds."""

    cause: Subject
    benefit: Benefit
    disaster_id: str
    beneficiary_id: str | None
    budget_id: BudgetId | None

    def entitlement(self, keys: VaultKeys) -> UniqueKey:
        """What only one cause may be paid for: a death, an injury or a house of one beneficiary in one disaster."""
        family = "house" if self.benefit not in PERSONAL else "death" if self.benefit is Benefit.DEATH else "injury"
        return keys.digest("entitlement", f"{self.disaster_id}/{family}/{self.beneficiary_id}")


_KNOWN = sa.select(
    claim.c.id, claim.c.cause, claim.c.benefit, claim.c.disaster_id, claim.c.person_id, claim.c.household_id
).add_columns(claim.c.budget_id)


async def known_claims(connection: AsyncConnection, claim_ids: Iterable[str]) -> Mapping[str, Known]:
    """What is known of these claims, as far as they are open."""
    rows = (await connection.execute(_KNOWN.where(claim.c.id == array(claim_ids)))).all()
    return {row.id: _known(row) for row in rows}


def _known(row: sa.Row[Any]) -> Known:
    benefit = Benefit(row.benefit)
    return Known(
        cause=Subject(row.cause),
        benefit=benefit,
        disaster_id=row.disaster_id,
        beneficiary_id=row.person_id if benefit in PERSONAL else row.household_id,
        budget_id=None if row.budget_id is None else BudgetId(row.budget_id),
    )


async def claim_by_id(connection: AsyncConnection, claim_id: str) -> ClaimShown | None:
    """One claim with its payouts, or None if it was not opened."""
    row = (await connection.execute(sa.select(claim).where(claim.c.id == claim_id))).mappings().one_or_none()
    if row is None:
        return None
    made = sa.select(claim_payout.c.entry.label("payout_id"), claim_payout)
    made = made.where(claim_payout.c.parent == claim_id).order_by(claim_payout.c.paid_on, claim_payout.c.entry)
    payouts = [dict(payout) for payout in (await connection.execute(made)).mappings()]
    return ClaimShown.model_validate({**row, "payouts": payouts})


async def claims(
    connection: AsyncConnection, chosen: Mapping[str, str | None], *, after: Key | None, limit: int
) -> tuple[list[dict[str, Any]], int]:
    """A page of claims and one row more, by id, with the position they show."""
    query = sa.select(claim)
    for name, value in chosen.items():
        if name == "flag" and value is not None:
            query = query.where(claim.c.flags.contains([value]))
        elif value is not None:
            query = query.where(claim.c[name] == value)
    return await rows_of(connection, query, (claim.c.id,), after=after, limit=limit), await as_of(connection)
