"""The hand-outs' table, and the read model of who got goods of which lot.

Owns names, types and CHECKs.
"""

import sqlalchemy as sa

from services.logistics.tables import aggregate, codes, metadata, quantity, text

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

# What of a lot left a store at one hand-out or by one list of recipients (`source`, such as handout/<id>): as it was
# `told`, and what of it holds (`quantity`) after reversals.
lot_given = sa.Table(
    "lot_given",
    metadata,
    sa.Column("lot_id", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    text("item_code"),
    text("disaster_id"),
    text("place_id"),
    sa.Column("area_code", codes(), nullable=False),
    quantity("told"),
    quantity("quantity"),
    quantity("household_count"),
    sa.Column("given_on", sa.Date, nullable=False),
    sa.CheckConstraint("told > 0 AND quantity BETWEEN 0 AND told", name="lot_given_quantity"),
    sa.Index("lot_given_by_source", "source"),
    sa.Index("lot_given_to_nobody", "place_id", "source", "lot_id", postgresql_where=sa.text("household_count = 0")),
)

# What each named household got of an item. Where a post told only the whole, it is the household's equal share. As with
# `lot_given`, reversals lower `quantity` and leave what was `told`. `given_at` is the place whose post named them.
received = sa.Table(
    "received",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("item_code", sa.Text, primary_key=True),
    sa.Column("household_id", sa.Text, primary_key=True),
    quantity("told"),
    quantity("quantity"),
    text("given_at", optional=True),
    sa.Column("received_on", sa.Date, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.CheckConstraint("quantity BETWEEN 0 AND told", name="received_quantity"),
    sa.Index("received_by_household", "household_id"),
)
