"""What the lists of several capabilities have in common.

Owns their order: by area, then id. Must not know a table.
"""

from typing import Any

import sqlalchemy as sa

from shared.kit.http.paging import Key


def by_area(table: sa.Table, after: Key | None, limit: int) -> sa.Select[Any]:
    """A page of a table in the order of area and id, and one row more, after a key of these two."""
    query = sa.select(table).order_by(table.c.area_code, table.c.id).limit(limit + 1)
    if after is None:
        return query
    return query.where(sa.tuple_(table.c.area_code, table.c.id) > sa.tuple_(*after))
