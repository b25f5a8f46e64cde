"""Explanations of facts that were accepted with a flag, and what was posted later for closed periods."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "explanation",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("value_idr", sa.BigInteger, nullable=False),
        sa.Column("explained_by", sa.Text, nullable=False),
        sa.Column("explained_on", sa.Date, nullable=False),
        sa.Column("document_number", sa.Text),
        sa.Column("document_id", sa.Text),
        sa.Column("reversal_id", sa.Text),
        sa.Column("approved_by", sa.Text),
        sa.Column("approved_on", sa.Date),
        sa.CheckConstraint("approved_by <> explained_by", name="explanation_four_eyes"),
    )
    for name, type_, empty in (("lots", JSONB, "'[]'::jsonb"), ("explained", sa.Boolean, "false")):
        op.add_column("to_explain", sa.Column(name, type_))
        op.execute(f"UPDATE to_explain SET {name} = {empty}")
        op.alter_column("to_explain", name, nullable=False)
    op.drop_index("to_explain_by_place", "to_explain")
    op.create_index("to_explain_by_place", "to_explain", ["place_id", "explained", "position"])
    op.create_index("to_explain_by_event", "to_explain", ["event_id"], unique=True)
    op.create_index("to_explain_open", "to_explain", ["position"], postgresql_where=sa.text("NOT explained"))
    op.create_index(
        "movement_of_prior_period", "movement", ["occurred_on"], postgresql_where=sa.text("occurred_on IS NOT NULL")
    )
