"""What of a hand-out holds after reversals, and which plan it carried out."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.drop_constraint("lot_given_quantity", "lot_given")
    op.drop_constraint("received_quantity", "received")
    for table in ("lot_given", "received"):
        op.add_column(table, sa.Column("told", sa.BigInteger))
        op.execute(f"UPDATE {table} SET told = quantity")
        op.alter_column(table, "told", nullable=False)
    op.create_check_constraint("lot_given_quantity", "lot_given", "told > 0 AND quantity BETWEEN 0 AND told")
    op.create_check_constraint("received_quantity", "received", "quantity BETWEEN 0 AND told")
    op.add_column("received", sa.Column("given_at", sa.Text))
    op.add_column("planned_ration", sa.Column("position", sa.BigInteger, nullable=False))
