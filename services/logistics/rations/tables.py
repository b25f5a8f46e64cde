"""The ration profiles' table.

Owns names, types and CHECKs.
"""

import sqlalchemy as sa

from services.logistics.tables import aggregate, listed, text

ration_profile = aggregate(
    "ration_profile",
    text("legal_basis"),
    text("source_note"),
    sa.Column("assumed", sa.Boolean, nullable=False),
    sa.Column("days", sa.BigInteger, nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    listed("lines"),
    sa.CheckConstraint("days > 0", name="ration_profile_days"),
    sa.CheckConstraint("jsonb_array_length(lines) > 0", name="ration_profile_has_lines"),
)
