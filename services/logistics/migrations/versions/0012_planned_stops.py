"""The places a shipment is planned to pass."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("shipment", sa.Column("via_place_ids", JSONB, nullable=False))
    op.create_index("shipment_via", "shipment", ["via_place_ids"], postgresql_using="gin")
