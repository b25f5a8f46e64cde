"""What is shown of ration profiles.

Owns the reads over their table. Must not write.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.logistics.rations.tables import ration_profile
from shared.kit.http.paging import Key
from shared.kit.http.reads import as_of, rows_of


async def profiles(connection: AsyncConnection, *, after: Key | None, limit: int) -> tuple[list[dict[str, Any]], int]:
    """A page of profiles and one row more, by id, with the position they show."""
    rows = await rows_of(connection, sa.select(ration_profile), [ration_profile.c.id], after=after, limit=limit)
    return rows, await as_of(connection)
