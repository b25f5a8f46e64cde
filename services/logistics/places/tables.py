"""The places' table.

Owns names, types and CHECKs.
"""

import sqlalchemy as sa

from services.logistics.tables import aggregate, codes, text

place = aggregate(
    "place",
    text("place_kind"),
    sa.Column("area_code", codes(), nullable=True),
    text("authority", optional=True),
    text("post_id", optional=True),
    sa.Column("latitude_e7", sa.BigInteger),
    sa.Column("longitude_e7", sa.BigInteger),
    sa.CheckConstraint("latitude_e7 BETWEEN -900000000 AND 900000000", name="place_latitude"),
    sa.CheckConstraint("longitude_e7 BETWEEN -1800000000 AND 1800000000", name="place_longitude"),
    sa.Index("place_by_area", "area_code"),
)
