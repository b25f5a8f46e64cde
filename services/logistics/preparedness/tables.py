"""The tables of preparedness: buffers, villages that stand ready, and when stores were looked through.

Owns names, types and CHECKs.
"""

import sqlalchemy as sa

from services.logistics.tables import aggregate, codes, quantity, text

buffer = aggregate(
    "buffer",
    text("place_id"),
    text("item_code"),
    quantity("target"),
    text("legal_basis"),
    sa.Column("assumed", sa.Boolean, nullable=False),
    sa.Column("set_on", sa.Date, nullable=False),
    sa.CheckConstraint("target >= 0", name="buffer_target"),
    sa.UniqueConstraint("place_id", "item_code", name="buffer_once"),
)

ksb = aggregate(
    "ksb",
    sa.Column("area_code", codes(), nullable=False),
    text("lumbung_place_id", optional=True),
    quantity("members_count"),
    quantity("trained_count"),
    text("document_number"),
    sa.Column("reported_on", sa.Date, nullable=False),
    sa.Column("drilled_on", sa.Date),
    sa.CheckConstraint("trained_count BETWEEN 0 AND members_count", name="ksb_trained"),
    sa.Index("ksb_by_area", "area_code"),
)

stock_check = aggregate(
    "stock_check",
    sa.Column("checked_on", sa.Date, nullable=False),
    sa.Column("due_on", sa.Date, nullable=False),
    text("document_number"),
    sa.CheckConstraint("due_on > checked_on", name="stock_check_due"),
)
