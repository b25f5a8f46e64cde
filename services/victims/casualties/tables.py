"""The table of casualties.

Owns columns and the database's own checks. Holds no names: they are in the vault.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.victims.tables import codes, metadata

casualty = sa.Table(
    "casualty",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("disaster_id", sa.Text, nullable=False),
    sa.Column("post_id", sa.Text, nullable=False),
    sa.Column("casualty_kind", sa.Text, nullable=False),
    sa.Column("person_id", sa.Text),
    sa.Column("household_id", sa.Text),
    sa.Column("area_code", codes(), nullable=False),
    sa.Column("occurred_on", sa.Date, nullable=False),
    sa.Column("recorded_on", sa.Date, nullable=False),
    sa.Column("flags", JSONB, nullable=False),
    sa.Column("standing", sa.Text, nullable=False),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_on", sa.Date),
    sa.CheckConstraint("standing IN ('reported', 'verified', 'rejected')", name="casualty_standing_known"),
    sa.CheckConstraint(
        "(standing = 'reported') = (decided_by IS NULL) AND (standing = 'reported') = (decided_on IS NULL)",
        name="casualty_decided_by_an_event",
    ),
    sa.Index("casualty_disaster", "disaster_id", "area_code", "id"),
)
