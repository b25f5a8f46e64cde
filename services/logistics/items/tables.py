"""The catalogue's table.

Owns names, types and CHECKs.
"""

import sqlalchemy as sa

from services.logistics.tables import aggregate, listed, text

item = aggregate(
    "item",
    text("category"),
    text("base_unit"),
    sa.Column("shelf_life_days", sa.BigInteger),
    sa.Column("unit_weight_g", sa.BigInteger),
    listed("pack_units"),
    sa.CheckConstraint("shelf_life_days > 0", name="item_shelf_life"),
    sa.CheckConstraint("unit_weight_g > 0", name="item_unit_weight"),
)
