"""Counts with their lines, periods and what was closed in them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """New tables only."""
    _create_counts()
    _create_periods()


def _create_counts() -> None:
    op.create_table(
        "count",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("place_id", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("whole", sa.Boolean, nullable=False),
        sa.Column("as_of", sa.BigInteger, nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("device_at", sa.DateTime(timezone=True)),
        sa.Column("giver_id", sa.Text),
        sa.Column("taker_id", sa.Text),
        sa.Column("counters", JSONB, nullable=False),
        sa.Column("submitted_by", sa.Text),
        sa.Column("approved_by", sa.Text),
        sa.CheckConstraint("approved_by <> submitted_by", name="count_four_eyes"),
        sa.CheckConstraint("giver_id <> taker_id", name="count_two_signers"),
        sa.CheckConstraint(
            "status <> 'posted' OR purpose = 'stocktake' OR approved_by IS NOT NULL", name="count_signed_twice"
        ),
    )
    op.create_index("count_by_place", "count", ["place_id", "id"])
    op.create_index("count_open", "count", ["place_id"], postgresql_where=sa.text("status IN ('draft', 'submitted')"))
    op.create_table(
        "count_line",
        sa.Column("parent", sa.Text, primary_key=True),
        sa.Column("entry", sa.Text, primary_key=True),
        sa.Column("item_code", sa.Text, nullable=False),
        sa.Column("counted", sa.BigInteger, nullable=False),
        sa.Column("found", JSONB(none_as_null=True)),
        sa.Column("book", sa.BigInteger),
        sa.Column("surplus_reason", sa.Text),
        sa.Column("loss_reason", sa.Text),
        sa.CheckConstraint("counted >= 0", name="count_line_counted"),
        sa.CheckConstraint("num_nonnulls(surplus_reason, loss_reason) <= 1", name="count_line_one_reason"),
        sa.CheckConstraint("surplus_reason IS NULL OR counted > book", name="count_line_surplus"),
        sa.CheckConstraint("loss_reason IS NULL OR counted < book", name="count_line_loss"),
    )


def _create_periods() -> None:
    op.create_table(
        "period",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("until", sa.Date, nullable=False),
        sa.Column("as_of", sa.BigInteger, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
    )
    op.create_table(
        "closed_period",
        sa.Column("owner_id", sa.Text, primary_key=True),
        sa.Column("until", sa.Date, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("opened_on", sa.Date),
        sa.Column("as_of", sa.BigInteger, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("closed_by", sa.Text, nullable=False),
        sa.Column("closed_on", sa.Date, nullable=False),
        sa.Column("lines", JSONB, nullable=False),
        sa.CheckConstraint("opened_on <= until", name="closed_period_days"),
        sa.CheckConstraint("until < closed_on", name="closed_period_over"),
    )
