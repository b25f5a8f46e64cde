"""The catalogue's table.

Owns names, types and CHECKs.
"""

import sqlalchemy as sa

from services.logistics.tables import aggregate, text

item = aggregate(
    "item",
    text("category"),
    text("base_unit"),
    sa.Column("shelf_life_days", sa.BigInteger),
    sa.CheckConstraint("shelf_life_days > 0", name="item_shelf_life"),
)
