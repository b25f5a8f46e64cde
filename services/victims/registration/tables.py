"""The table of registered households.

Owns columns, the database's own checks and the indexes of the lists. Holds no personal data: that is in the vault.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.victims.tables import codes, metadata

household = sa.Table(
    "household",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("disaster_id", sa.Text, nullable=False),
    sa.Column("post_id", sa.Text, nullable=False),
    sa.Column("device_id", sa.Text, nullable=False),
    sa.Column("area_code", codes(), nullable=False),
    sa.Column("residence", sa.Text, nullable=False),
    sa.Column("shelter_area_code", codes()),
    sa.Column("persons", JSONB, nullable=False),
    sa.Column("persons_counted", sa.Integer, nullable=False),
    sa.Column("damage_claimed", sa.Text),
    sa.Column("happened_on", sa.Date, nullable=False),
    sa.Column("recorded_on", sa.Date, nullable=False),
    sa.Column("flags", JSONB, nullable=False),
    sa.Column("former_person_ids", JSONB, nullable=False),
    sa.CheckConstraint(
        "persons_counted BETWEEN 0 AND jsonb_array_length(persons)", name="household_counts_each_person_once"
    ),
    sa.Index("household_disaster_area", "disaster_id", "area_code", "id"),
    sa.Index("household_post", "post_id", "area_code", "id"),
)
