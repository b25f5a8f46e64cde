"""The tables of places and of posts' devices.

Owns names, types and CHECKs.
"""

import sqlalchemy as sa

from services.logistics.tables import aggregate, codes, listed, metadata, text

place = aggregate(
    "place",
    text("place_kind", optional=True),
    sa.Column("area_code", codes(), nullable=True),
    text("authority", optional=True),
    text("post_id", optional=True),
    sa.Column("latitude_e7", sa.BigInteger),
    sa.Column("longitude_e7", sa.BigInteger),
    sa.CheckConstraint("latitude_e7 BETWEEN -900000000 AND 900000000", name="place_latitude"),
    sa.CheckConstraint("longitude_e7 BETWEEN -1800000000 AND 1800000000", name="place_longitude"),
    sa.Index("place_by_area", "area_code"),
)

place_device = sa.Table(
    "place_device",
    metadata,
    sa.Column("parent", sa.Text, primary_key=True),
    sa.Column("entry", sa.Text, primary_key=True),
    listed("turns"),
    sa.CheckConstraint("jsonb_array_length(turns) > 0", name="place_device_has_turns"),
)
