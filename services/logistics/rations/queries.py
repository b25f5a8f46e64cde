"""What is shown of ration profiles.

Owns the reads over their table. Must not write.
"""

from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.rations.domain import RationProfile
from services.logistics.rations.tables import ration_profile
from shared.contracts.logistics import RationLine
from shared.kit.http.paging import Key
from shared.kit.http.reads import as_of, rows_of

_LINES = TypeAdapter(tuple[RationLine, ...])


async def profile_by_id(connection: AsyncConnection, profile_id: str) -> RationProfile | None:
    """A profile as it was last set, or None if nobody set it."""
    query = sa.select(ration_profile).where(ration_profile.c.id == profile_id)
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else RationProfile(**{**row, "lines": _LINES.validate_python(row["lines"])})


async def profiles(connection: AsyncConnection, *, after: Key | None, limit: int) -> tuple[list[dict[str, Any]], int]:
    """A page of profiles and one row more, by id, with the position they show."""
    rows = await rows_of(connection, sa.select(ration_profile), [ration_profile.c.id], after=after, limit=limit)
    return rows, await as_of(connection)
