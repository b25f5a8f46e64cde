"""Owners and values of lots, counts of balances, links between movements, emergency issues."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """No installation holds lots yet, so columns without a default may be added."""
    op.drop_column("lot", "authority")
    op.add_column("lot", sa.Column("owner_id", sa.Text))
    op.add_column("lot", sa.Column("unit_value_idr", sa.BigInteger))
    op.add_column("lot", sa.Column("valued_quantity", sa.BigInteger, nullable=False))
    op.add_column("lot", sa.Column("value_basis", sa.Text, nullable=False))
    op.create_check_constraint("lot_value", "lot", "unit_value_idr >= 0 AND valued_quantity > 0")
    op.create_index("lot_by_owner", "lot", ["owner_id", "id"])
    op.add_column("lot_balance", sa.Column("counted_at", sa.DateTime(timezone=True)))
    op.add_column("lot_balance", sa.Column("count_id", sa.Text))
    op.add_column("lot_balance", sa.Column("unexplained", sa.BigInteger, nullable=False))
    op.add_column("lot_reservation", sa.Column("urgency", sa.Text, nullable=False))
    op.add_column("lot_reservation", sa.Column("due_at", sa.DateTime(timezone=True), nullable=False))
    op.add_column("lot_reservation", sa.Column("made", sa.BigInteger, nullable=False))
    op.create_index("lot_reservation_by_place", "lot_reservation", ["place_id", "parent"])
    _link_movements()
    _create_emergency_issues()


def _link_movements() -> None:
    op.add_column("movement", sa.Column("movement_id", sa.Text))
    op.add_column("movement", sa.Column("offsets", sa.Text))
    op.add_column("movement", sa.Column("count_id", sa.Text))
    op.add_column("movement", sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False))
    op.add_column("movement", sa.Column("occurred_on", sa.Date))
    op.create_index("movement_by_place_and_item", "movement", ["place_id", "item_code", "position"])


def _create_emergency_issues() -> None:
    op.create_table(
        "emergency_issue",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("from_place_id", sa.Text, nullable=False),
        sa.Column("to_place_id", sa.Text, nullable=False),
        sa.Column("lines", JSONB, nullable=False),
        sa.Column("custodian_id", sa.Text, nullable=False),
        sa.Column("gone_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_on", sa.Date, nullable=False),
        sa.Column("ratify_by", sa.Date, nullable=False),
        sa.Column("disaster_id", sa.Text),
        sa.Column("document_number", sa.Text),
        sa.Column("approver_id", sa.Text),
        sa.Column("ratified_on", sa.Date),
        sa.CheckConstraint("jsonb_array_length(lines) > 0", name="emergency_issue_has_lines"),
        sa.CheckConstraint("approver_id <> custodian_id", name="emergency_issue_four_eyes"),
        sa.CheckConstraint(
            "(ratified_on IS NULL) = (approver_id IS NULL) AND (ratified_on IS NULL) = (document_number IS NULL)",
            name="emergency_issue_ratified",
        ),
    )
    unratified = sa.text("ratified_on IS NULL")
    op.create_index(
        "emergency_issue_to_ratify", "emergency_issue", ["ratify_by", "custodian_id"], postgresql_where=unratified
    )
    op.create_index("emergency_issue_by_place", "emergency_issue", ["from_place_id", "id"])
