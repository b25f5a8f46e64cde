"""The one metadata of the victims service's own tables, and the columns their tables have alike.

Owns names only; each capability's `tables.py` adds its tables.
"""

import sqlalchemy as sa

# Constraint names are written out in the tables: PostgreSQL's own names differ between releases.
metadata = sa.MetaData()


def codes() -> sa.Text:
    """The type of area codes: compared byte by byte, so that an index serves `62.06` and all below it."""
    return sa.Text(collation="C")


def below(column: sa.ColumnElement[str], area_code: str) -> sa.ColumnElement[bool]:
    """The condition that a code is an area or lies below it, as ranges that an index on the column serves."""
    return sa.or_(column == area_code, sa.and_(column >= f"{area_code}.", column < f"{area_code}/"))
