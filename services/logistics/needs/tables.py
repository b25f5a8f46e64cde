"""The demands' table, and the read models of what households count for and what areas need.

Owns names, types and CHECKs.
"""

import sqlalchemy as sa

from services.logistics.tables import aggregate, codes, listed, metadata, quantity, text

demand = aggregate(
    "demand",
    sa.Column("needs_recorded", sa.BigInteger, nullable=False),
    listed("requested"),
)

# What each household was last recorded to need; `counted` says whether it is part of its area's demand.
household_need = sa.Table(
    "household_need",
    metadata,
    sa.Column("disaster_id", sa.Text, primary_key=True),
    sa.Column("household_id", sa.Text, primary_key=True),
    text("demand_id"),
    quantity("person_count"),
    sa.Column("displaced", sa.Boolean, nullable=False),
    sa.Column("counted", sa.Boolean, nullable=False),
    listed("lines"),
)

# An area in a disaster: how many households and persons count there, and how many of them are in shelters.
demand_area = sa.Table(
    "demand_area",
    metadata,
    sa.Column("demand_id", sa.Text, primary_key=True),
    text("disaster_id"),
    sa.Column("area_code", codes(), nullable=False),
    quantity("household_count"),
    quantity("person_count"),
    quantity("displaced_household_count"),
    quantity("displaced_person_count"),
    sa.CheckConstraint("household_count >= 0 AND person_count >= 0", name="demand_area_counts"),
    sa.CheckConstraint(
        "displaced_household_count >= 0 AND displaced_person_count >= 0", name="demand_area_displaced_counts"
    ),
    sa.Index("demand_area_by_disaster", "disaster_id", "area_code"),
)

# An item an area needs: what its counted households are due. What was requested of it stands with the requests.
demand_line = sa.Table(
    "demand_line",
    metadata,
    sa.Column("demand_id", sa.Text, primary_key=True),
    sa.Column("item_code", sa.Text, primary_key=True),
    quantity("needed"),
    sa.CheckConstraint("needed >= 0", name="demand_line_needed"),
)
