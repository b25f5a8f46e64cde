"""The tables of flagged facts and their explanations.

Owns names, types and the CHECKs that hold whatever the rules above do: whoever explained does not approve.
"""

import sqlalchemy as sa

from services.logistics.tables import aggregate, listed, metadata, text

explanation = aggregate(
    "explanation",
    text("status"),
    text("reason"),
    sa.Column("value_idr", sa.BigInteger, nullable=False),
    text("explained_by"),
    sa.Column("explained_on", sa.Date, nullable=False),
    text("document_number", optional=True),
    text("document_id", optional=True),
    text("reversal_id", optional=True),
    text("approved_by", optional=True),
    sa.Column("approved_on", sa.Date),
    sa.CheckConstraint("approved_by <> explained_by", name="explanation_four_eyes"),
)

# Facts that were accepted and need a look: what each is about (`lots`: lot and quantity), and whether it is explained.
to_explain = sa.Table(
    "to_explain",
    metadata,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    text("event_id"),
    text("event_type"),
    text("subject"),
    text("place_id", optional=True),
    text("lot_id", optional=True),
    listed("lots"),
    listed("flags"),
    sa.Column("noted_on", sa.Date, nullable=False),
    sa.Column("explained", sa.Boolean, nullable=False),
    sa.Index("to_explain_by_event", "event_id", unique=True),
    sa.Index("to_explain_by_place", "place_id", "explained", "position"),
    sa.Index("to_explain_open", "position", postgresql_where=sa.text("NOT explained")),
)
