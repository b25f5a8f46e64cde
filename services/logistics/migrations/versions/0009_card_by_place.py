"""The stock card's rows are found by place first: a place opened late does not cost the whole ledger before it."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.drop_index("movement_by_place", "movement")
    op.drop_constraint("movement_pkey", "movement")
    op.create_primary_key("movement_pkey", "movement", ["place_id", "position"])
