"""An owner's figures as they are asked for: to close a period, to show one again, or for any days.

Owns the step from the reads to figures, and the digest over them. Must not decide anything.
"""

import asyncio
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.periods import queries
from services.logistics.periods.domain import Obstacles
from services.logistics.periods.figures import figures
from shared.contracts.periods import PeriodLine, ValuationMethod
from shared.kit.canonical import canonical
from shared.kit.http.reads import as_of as position_shown

_FIGURES = ("opening", "incoming", "outgoing", "adjustment", "prior_period", "closing", "expired", "damaged")


@dataclass(frozen=True, slots=True)
class Draft:
    """The figures of a period that could be closed now. `seen_version` is how many were closed before it."""

    opened_on: date | None
    as_of: int
    lines: tuple[PeriodLine, ...]
    obstacles: Obstacles
    seen_version: int


async def draft(connection: AsyncConnection, owner_id: str, until: date, method: ValuationMethod) -> Draft:
    """The figures from the day after the last closed period until a day, as the book stands now."""
    closes = await queries.closes_of(connection, owner_id)
    span = queries.Span(owner_id, until, await position_shown(connection), closes)
    return Draft(
        opened_on=closes[-1].until + timedelta(days=1) if closes else None,
        as_of=span.as_of,
        lines=await _figures(connection, span, method),
        obstacles=await queries.obstacles(connection, owner_id),
        seen_version=len(closes),
    )


async def report(
    connection: AsyncConnection, owner_id: str, since: date | None, until: date, method: ValuationMethod
) -> tuple[PeriodLine, ...]:
    """An owner's figures over any days, as everything is known now."""
    span = queries.Span(owner_id, until, await position_shown(connection), since=since)
    return await _figures(connection, span, method)


async def _figures(connection: AsyncConnection, span: queries.Span, method: ValuationMethod) -> tuple[PeriodLine, ...]:
    crossed = await queries.crossings(connection, span)
    worths = await queries.worths(connection, span.owner_id)
    expired = await queries.expired(connection, span)
    # Apart from the loop that answers others: a year of a province takes a second or two to follow.
    return await asyncio.to_thread(figures, crossed, worths, method, expired)


def digest(owner_id: str, until: date, method: str, found: Draft) -> str:
    """The SHA-256 over what a closed period says, in its one spelling."""
    content: dict[str, Any] = {
        "owner_id": owner_id,
        "until": until.isoformat(),
        "as_of": found.as_of,
        "method": method,
        "lines": as_json(found.lines),
    }
    if found.opened_on is not None:
        content["opened_on"] = found.opened_on.isoformat()
    return hashlib.sha256(canonical(content)).hexdigest()


def as_json(lines: Sequence[PeriodLine]) -> list[dict[str, Any]]:
    """Figures as JSON, by item."""
    return [line.model_dump(mode="json") for line in lines]


def differences(closed: Sequence[Mapping[str, Any]], known: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What is known now beyond what was closed, by item and figure; figures that agree are left out."""
    then = {line["item_code"]: line for line in closed}
    now = {line["item_code"]: line for line in known}
    rows = []
    for item_code in sorted({*then, *now}):
        changed = dict(_changed(then.get(item_code, {}), now.get(item_code, {})))
        if changed:
            rows.append({"item_code": item_code, **changed})
    return rows


def _changed(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, int]]]:
    nothing = {"quantity": 0, "value_idr": 0}
    for name in _FIGURES:
        was, is_ = then.get(name, nothing), now.get(name, nothing)
        if was != is_:
            yield name, {unit: is_[unit] - was[unit] for unit in nothing}


def totals(lines: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """The rupiah of each figure over all items. Units are not added: items are counted in different ones."""
    return {name: sum(line[name]["value_idr"] for line in lines) for name in _FIGURES}
