"""The tables of partners and their pledges.

Owns names, types and CHECKs.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.logistics.tables import aggregate, listed, text

partner = aggregate(
    "partner",
    text("partner_kind"),
    sa.Column("registered_on", sa.Date, nullable=False),
)

pledge = aggregate(
    "pledge",
    text("partner_id"),
    listed("lines"),
    text("document_number"),
    sa.Column("made_on", sa.Date, nullable=False),
    sa.Column("restriction", JSONB),
    listed("receipts"),
    listed("cancelled"),
    text("cancellation_reason", optional=True),
    sa.Column("cancelled_on", sa.Date),
    sa.CheckConstraint("jsonb_array_length(lines) > 0", name="pledge_has_lines"),
    sa.CheckConstraint("(cancelled_on IS NULL) = (cancellation_reason IS NULL)", name="pledge_cancelled"),
    sa.Index("pledge_by_partner", "partner_id", "id"),
)
