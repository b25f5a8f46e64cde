"""Owners and values of lots, counts of balances, links between movements."""

import sqlalchemy as sa
from alembic import op

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


def _link_movements() -> None:
    op.add_column("movement", sa.Column("movement_id", sa.Text))
    op.add_column("movement", sa.Column("offsets", sa.Text))
    op.add_column("movement", sa.Column("count_id", sa.Text))
    op.add_column("movement", sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False))
    op.add_column("movement", sa.Column("occurred_on", sa.Date))
    op.create_index("movement_by_place_and_item", "movement", ["place_id", "item_code", "position"])
