"""The recalls' table.

Owns names, types and CHECKs.
"""

import sqlalchemy as sa

from services.logistics.tables import aggregate, listed, text

recall = aggregate(
    "recall",
    listed("lot_ids"),
    text("reason"),
    text("document_number"),
    sa.Column("ordered_on", sa.Date, nullable=False),
    text("item_code", optional=True),
    sa.Column("expires_on", sa.Date),
    sa.Column("lifted_on", sa.Date),
    sa.CheckConstraint("jsonb_array_length(lot_ids) > 0", name="recall_has_lots"),
    sa.CheckConstraint("(item_code IS NULL) = (expires_on IS NULL)", name="recall_looked_for"),
    sa.CheckConstraint("lifted_on >= ordered_on", name="recall_lifted_after"),
)
