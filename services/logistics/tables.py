"""The one metadata of the logistics service's own tables, and the columns and conditions they have alike.

Owns names only; each capability's `tables.py` adds its tables.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

# Constraint names are written out in the tables: PostgreSQL's own names differ between releases.
metadata = sa.MetaData()


def codes() -> sa.Text:
    """The type of area codes: compared byte by byte, so that an index serves `62.06` and all below it."""
    return sa.Text(collation="C")


def below(column: sa.ColumnElement[str], area_code: str) -> sa.ColumnElement[bool]:
    """The condition that a code is an area or lies below it: a range, which an index on the column serves."""
    return sa.or_(column == area_code, sa.and_(column >= f"{area_code}.", column < f"{area_code}/"))


def aggregate(name: str, *parts: sa.schema.SchemaItem) -> sa.Table:
    """The table of a state: its id and the sequence of its last event, then what the capability adds."""
    return sa.Table(
        name,
        metadata,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        *parts,
    )


def text(name: str, *, optional: bool = False) -> sa.Column[str]:
    """A column of ids, codes or listed words."""
    return sa.Column(name, sa.Text, nullable=optional)


def quantity(name: str) -> sa.Column[int]:
    """A column of whole base units of an item."""
    return sa.Column(name, sa.BigInteger, nullable=False)


def listed(name: str) -> sa.Column[object]:
    """A column that holds a list or a mapping."""
    return sa.Column(name, JSONB, nullable=False)
