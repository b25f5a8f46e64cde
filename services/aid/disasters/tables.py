"""The table of disasters aid has heard of.

Owns columns and the database's own checks.
"""

import sqlalchemy as sa

from services.aid.tables import metadata

disaster = sa.Table(
    "disaster",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("phase", sa.Text, nullable=False),
    sa.Column("decree_number", sa.Text, nullable=False),
    sa.Column("began_on", sa.Date, nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date),
    sa.CheckConstraint("phase IN ('siaga', 'tanggap_darurat', 'transisi', 'selesai')", name="disaster_phase_known"),
    sa.CheckConstraint("began_on <= valid_from", name="disaster_began_first"),
)
