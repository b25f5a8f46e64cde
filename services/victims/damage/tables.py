"""The table of damage to houses.

Owns columns and the database's own checks.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.victims.tables import codes, metadata

damage = sa.Table(
    "damage",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("household_id", sa.Text, nullable=False),
    sa.Column("disaster_id", sa.Text, nullable=False),
    sa.Column("post_id", sa.Text, nullable=False),
    sa.Column("damage_claimed", sa.Text, nullable=False),
    sa.Column("damage_class", sa.Text),
    sa.Column("area_code", codes(), nullable=False),
    sa.Column("occurred_on", sa.Date, nullable=False),
    sa.Column("recorded_on", sa.Date, nullable=False),
    sa.Column("flags", JSONB, nullable=False),
    sa.Column("standing", sa.Text, nullable=False),
    sa.Column("decided_by", sa.Text),
    sa.Column("decided_on", sa.Date),
    sa.CheckConstraint("standing IN ('reported', 'verified', 'rejected')", name="damage_standing_known"),
    sa.CheckConstraint("(standing = 'verified') = (damage_class IS NOT NULL)", name="damage_verified_has_class"),
    sa.CheckConstraint(
        "(standing = 'reported') = (decided_by IS NULL) AND (standing = 'reported') = (decided_on IS NULL)",
        name="damage_decided_by_an_event",
    ),
    sa.Index("damage_disaster", "disaster_id", "area_code", "id"),
    sa.Index("damage_household", "household_id"),
)
