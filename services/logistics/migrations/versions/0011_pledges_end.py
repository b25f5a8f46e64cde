"""Pledges that were cancelled."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("pledge", sa.Column("cancelled", JSONB, nullable=False))
    op.add_column("pledge", sa.Column("cancellation_reason", sa.Text))
    op.add_column("pledge", sa.Column("cancelled_on", sa.Date))
    op.create_check_constraint("pledge_cancelled", "pledge", "(cancelled_on IS NULL) = (cancellation_reason IS NULL)")
