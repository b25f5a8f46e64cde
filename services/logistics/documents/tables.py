"""The tables of letters and of the registers their numbers come from.

Owns names, types and CHECKs: a number stands once in a register.
"""

import sqlalchemy as sa

from services.logistics.tables import aggregate, listed, text

register = aggregate(
    "register",
    sa.Column("last", sa.BigInteger, nullable=False),
    listed("set_aside"),
    sa.CheckConstraint("last >= 0", name="register_last"),
)

document = aggregate(
    "document",
    text("document_kind"),
    text("office"),
    sa.Column("year", sa.BigInteger, nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    listed("content"),
    text("content_sha256"),
    listed("predecessors"),
    sa.Column("copies", sa.BigInteger, nullable=False),
    sa.Column("signed_on", sa.Date),
    text("scan_sha256", optional=True),
    text("scan_kept", optional=True),
    sa.Column("cancelled", sa.Boolean, nullable=False),
    sa.CheckConstraint("number > 0", name="document_number"),
    sa.CheckConstraint("copies >= 0", name="document_copies"),
    sa.CheckConstraint("(signed_on IS NULL) = (scan_sha256 IS NULL)", name="document_signed"),
    sa.Index("document_by_number", "document_kind", "year", "office", "number", unique=True),
    sa.Index("document_unsigned", "id", postgresql_where=sa.text("signed_on IS NULL AND NOT cancelled")),
)
