"""The hand-outs' table.

Owns names, types and CHECKs.
"""

import sqlalchemy as sa

from services.logistics.tables import aggregate, codes, quantity, text

handout = aggregate(
    "handout",
    text("disaster_id"),
    text("place_id"),
    sa.Column("area_code", codes(), nullable=False),
    sa.Column("handed_out_on", sa.Date, nullable=False),
    quantity("household_count"),
    sa.CheckConstraint("household_count >= 0", name="handout_households"),
    sa.Index("handout_by_place", "place_id", "id"),
)
