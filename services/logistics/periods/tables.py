"""The tables of owners' books and of the periods closed in them.

Owns names, types and CHECKs.
"""

import sqlalchemy as sa

from services.logistics.tables import aggregate, listed, metadata, text

period = aggregate(
    "period",
    sa.Column("until", sa.Date, nullable=False),
    sa.Column("as_of", sa.BigInteger, nullable=False),
    text("method"),
)

# Every period that was closed, as its event says it.
closed_period = sa.Table(
    "closed_period",
    metadata,
    sa.Column("owner_id", sa.Text, primary_key=True),
    sa.Column("until", sa.Date, primary_key=True),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("opened_on", sa.Date),
    sa.Column("as_of", sa.BigInteger, nullable=False),
    text("method"),
    text("digest"),
    text("closed_by"),
    sa.Column("closed_on", sa.Date, nullable=False),
    listed("lines"),
    sa.CheckConstraint("opened_on <= until", name="closed_period_days"),
    sa.CheckConstraint("until < closed_on", name="closed_period_over"),
)
