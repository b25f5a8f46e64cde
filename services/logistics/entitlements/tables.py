"""The tables of linked households and planned distributions, and the read models of what families are due.

Owns names, types and CHECKs.
"""

import sqlalchemy as sa

from services.logistics.tables import aggregate, codes, listed, metadata, quantity, text

# A household the office linked, unlinked or planned a ration for; `links` says how it stands to others, by their id.
recipient = aggregate("recipient", listed("links"))

distribution = aggregate(
    "distribution",
    text("disaster_id"),
    text("place_id"),
    sa.Column("area_code", codes(), nullable=False),
    quantity("household_count"),
    listed("lines"),
    sa.Column("days", sa.BigInteger, nullable=False),
    sa.Column("planned_for", sa.Date, nullable=False),
    sa.Column("cancelled", sa.Boolean, nullable=False),
    sa.CheckConstraint("household_count > 0 AND days > 0", name="distribution_counts"),
    sa.Index("distribution_by_disaster", "disaster_id", "id"),
)

# Every version of a norm that needs were derived by, and for how many days it plans.
profile_version = sa.Table(
    "profile_version",
    metadata,
    sa.Column("profile_id", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("days", sa.BigInteger, nullable=False),
    listed("lines"),
)

# A registered household: how many persons count there, and the norm its last need was derived by.
household = sa.Table(
    "household",
    metadata,
    sa.Column("household_id", sa.Text, primary_key=True),
    text("disaster_id"),
    sa.Column("area_code", codes(), nullable=False),
    quantity("person_count"),
    text("profile_id"),
    sa.Column("profile_version", sa.BigInteger, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.CheckConstraint("person_count >= 0", name="household_persons"),
)

# Who is in a household: each person, or the one first registered with the same identity.
household_identity = sa.Table(
    "household_identity",
    metadata,
    sa.Column("household_id", sa.Text, primary_key=True),
    sa.Column("identity_id", sa.Text, primary_key=True),
    sa.Index("household_identity_by_identity", "identity_id"),
)

# What the office says of two households, in both directions.
family_link = sa.Table(
    "family_link",
    metadata,
    sa.Column("household_id", sa.Text, primary_key=True),
    sa.Column("other_household_id", sa.Text, primary_key=True),
    sa.Column("linked", sa.Boolean, nullable=False),
)

# Households that are one family with others; a household that is not listed is a family of its own.
family_member = sa.Table(
    "family_member",
    metadata,
    sa.Column("household_id", sa.Text, primary_key=True),
    text("family_id"),
    sa.Index("family_member_by_family", "family_id"),
)

# Rations as planned, each by its event; gone once their distribution's list is posted or the plan is cancelled. What a
# post gave by a hand-out since is taken off when they are read (`open_rations.py`).
planned_ration = sa.Table(
    "planned_ration",
    metadata,
    sa.Column("distribution_id", sa.Text, primary_key=True),
    sa.Column("household_id", sa.Text, primary_key=True),
    sa.Column("item_code", sa.Text, primary_key=True),
    quantity("quantity"),
    sa.Column("planned_for", sa.Date, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.CheckConstraint("quantity > 0", name="planned_ration_quantity"),
    sa.Index("planned_ration_by_household", "household_id"),
)

# What households got beyond what their families were due, as families are linked now.
over_entitlement = sa.Table(
    "over_entitlement",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("household_id", sa.Text, primary_key=True),
    sa.Column("item_code", sa.Text, primary_key=True),
    text("family_id"),
    quantity("quantity"),
    sa.Column("received_on", sa.Date, nullable=False),
    sa.CheckConstraint("quantity > 0", name="over_entitlement_quantity"),
    sa.Index("over_entitlement_by_household", "household_id"),
)
