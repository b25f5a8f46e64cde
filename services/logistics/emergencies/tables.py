"""The table of emergency issues.

Owns names, types and CHECKs: whoever ratifies is another person, in the database too.
"""

import sqlalchemy as sa

from services.logistics.tables import aggregate, listed, text

emergency_issue = aggregate(
    "emergency_issue",
    text("from_place_id"),
    text("to_place_id"),
    listed("lines"),
    text("custodian_id"),
    sa.Column("gone_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("issued_on", sa.Date, nullable=False),
    sa.Column("ratify_by", sa.Date, nullable=False),
    text("disaster_id", optional=True),
    text("document_number", optional=True),
    text("approver_id", optional=True),
    sa.Column("ratified_on", sa.Date),
    sa.CheckConstraint("jsonb_array_length(lines) > 0", name="emergency_issue_has_lines"),
    sa.CheckConstraint("approver_id <> custodian_id", name="emergency_issue_four_eyes"),
    sa.CheckConstraint(
        "(ratified_on IS NULL) = (approver_id IS NULL) AND (ratified_on IS NULL) = (document_number IS NULL)",
        name="emergency_issue_ratified",
    ),
    sa.Index("emergency_issue_to_ratify", "ratify_by", "custodian_id", postgresql_where=sa.text("ratified_on IS NULL")),
    sa.Index("emergency_issue_by_place", "from_place_id", "id"),
)
