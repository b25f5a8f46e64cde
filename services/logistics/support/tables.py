"""The read model of support asked for requests.

Owns names, types and CHECKs.
"""

import sqlalchemy as sa

from services.logistics.tables import listed, metadata, text

# Support asked from other owners (permintaan dukungan); `lapsed` where the request was passed on or cancelled.
support = sa.Table(
    "support",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    text("request_id"),
    text("from_owner_id"),
    text("of_owner_id"),
    text("letter_number", optional=True),
    text("answer"),
    text("answered_by", optional=True),
    text("reason", optional=True),
    listed("asked"),
    listed("accepted"),
    sa.Column("asked_on", sa.Date, nullable=False),
    sa.Column("answered_on", sa.Date),
    sa.Index("support_by_request", "request_id"),
    sa.Index("support_by_owner", "of_owner_id", "id"),
)
