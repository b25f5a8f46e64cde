"""The routes' table.

Owns names, types and CHECKs.
"""

import sqlalchemy as sa

from services.logistics.tables import aggregate, text

route = aggregate(
    "route",
    text("from_end"),
    text("to_end"),
    text("mode"),
    sa.Column("minutes", sa.BigInteger, nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date),
    sa.Column("capacity_kg", sa.BigInteger),
    sa.Column("closed_from", sa.Date),
    sa.Column("closed_until", sa.Date),
    text("closure", optional=True),
    sa.CheckConstraint("from_end <> to_end", name="route_ends"),
    sa.CheckConstraint("minutes > 0", name="route_minutes"),
    sa.CheckConstraint("capacity_kg > 0", name="route_capacity"),
    sa.CheckConstraint("valid_from <= valid_until", name="route_validity"),
    sa.CheckConstraint("closed_from <= closed_until", name="route_closure"),
    sa.UniqueConstraint("from_end", "to_end", "mode", name="route_once"),
)
