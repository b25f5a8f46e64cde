"""Recipients lists, entitlements and kitchens."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

CODES = sa.Text(collation="C")


def upgrade() -> None:
    _create_recipients_of_lots()


def _create_recipients_of_lots() -> None:
    op.create_table(
        "lot_given",
        sa.Column("lot_id", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("item_code", sa.Text, nullable=False),
        sa.Column("disaster_id", sa.Text, nullable=False),
        sa.Column("place_id", sa.Text, nullable=False),
        sa.Column("area_code", CODES, nullable=False),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("household_count", sa.BigInteger, nullable=False),
        sa.Column("given_on", sa.Date, nullable=False),
        sa.CheckConstraint("quantity > 0", name="lot_given_quantity"),
        sa.Index("lot_given_by_source", "source"),
    )
    op.create_table(
        "received",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("item_code", sa.Text, primary_key=True),
        sa.Column("household_id", sa.Text, primary_key=True),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("received_on", sa.Date, nullable=False),
        sa.CheckConstraint("quantity >= 0", name="received_quantity"),
        sa.Index("received_by_household", "household_id"),
    )
