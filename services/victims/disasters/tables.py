"""The table of declared disasters.

Owns columns and the database's own checks.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.victims.tables import metadata

disaster = sa.Table(
    "disaster",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("hazard", sa.Text, nullable=False),
    sa.Column("area_codes", JSONB, nullable=False),
    sa.Column("phase", sa.Text, nullable=False),
    sa.Column("decree_number", sa.Text, nullable=False),
    sa.Column("decree_date", sa.Date, nullable=False),
    sa.Column("began_on", sa.Date, nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date),
    sa.Column("declared_on", sa.Date, nullable=False),
    sa.CheckConstraint("phase IN ('siaga', 'tanggap_darurat', 'transisi', 'selesai')", name="disaster_phase_known"),
    sa.CheckConstraint("valid_until >= valid_from", name="disaster_dates_in_order"),
    sa.CheckConstraint("began_on <= valid_from", name="disaster_began_first"),
)
