"""The tables of counts and of their lines.

Owns names, types and the CHECKs that hold whatever the rules above do: whoever counted does not approve.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.logistics.tables import aggregate, listed, metadata, quantity, text

count = aggregate(
    "count",
    text("place_id"),
    text("purpose"),
    sa.Column("whole", sa.Boolean, nullable=False),
    sa.Column("as_of", sa.BigInteger, nullable=False),
    sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
    text("opened_by"),
    text("status"),
    sa.Column("device_at", sa.DateTime(timezone=True)),
    text("giver_id", optional=True),
    text("taker_id", optional=True),
    listed("counters"),
    text("submitted_by", optional=True),
    text("approved_by", optional=True),
    sa.CheckConstraint("approved_by <> submitted_by", name="count_four_eyes"),
    sa.CheckConstraint("giver_id <> taker_id", name="count_two_signers"),
    sa.CheckConstraint(
        "status <> 'posted' OR purpose = 'stocktake' OR approved_by IS NOT NULL", name="count_signed_twice"
    ),
    sa.Index("count_by_place", "place_id", "id"),
    sa.Index("count_open", "place_id", postgresql_where=sa.text("status IN ('draft', 'submitted')")),
)

count_line = sa.Table(
    "count_line",
    metadata,
    sa.Column("parent", sa.Text, primary_key=True),
    sa.Column("entry", sa.Text, primary_key=True),
    text("item_code"),
    quantity("counted"),
    sa.Column("found", JSONB(none_as_null=True)),
    sa.Column("book", sa.BigInteger),
    text("surplus_reason", optional=True),
    text("loss_reason", optional=True),
    sa.CheckConstraint("counted >= 0", name="count_line_counted"),
    sa.CheckConstraint("num_nonnulls(surplus_reason, loss_reason) <= 1", name="count_line_one_reason"),
    sa.CheckConstraint("surplus_reason IS NULL OR counted > book", name="count_line_surplus"),
    sa.CheckConstraint("loss_reason IS NULL OR counted < book", name="count_line_loss"),
)
