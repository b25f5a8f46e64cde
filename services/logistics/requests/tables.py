"""The requests' table, and the read model of how far each request's lines are served.

Owns names, types and CHECKs.
"""

import sqlalchemy as sa

from services.logistics.tables import aggregate, codes, listed, metadata, quantity, text

request = aggregate(
    "request",
    text("disaster_id"),
    sa.Column("area_code", codes(), nullable=False),
    text("to_place_id"),
    text("urgency"),
    sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
    listed("lines"),
    listed("short"),
    listed("lot_ids"),
    sa.Column("allocated", sa.Boolean, nullable=False),
    sa.Column("cancelled", sa.Boolean, nullable=False),
    sa.CheckConstraint("jsonb_array_length(lines) > 0", name="request_has_lines"),
    sa.Index("request_by_disaster", "disaster_id", "area_code"),
)

# How far a line of a request is: requested = reserved + dispatched + short + given back, whatever came of it later.
request_line = sa.Table(
    "request_line",
    metadata,
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("item_code", sa.Text, primary_key=True),
    text("demand_id", optional=True),
    quantity("requested"),
    quantity("reserved"),
    quantity("dispatched"),
    quantity("accepted"),
    quantity("missing"),
    quantity("damaged"),
    quantity("given_back"),
    sa.CheckConstraint("requested > 0", name="request_line_requested"),
    sa.CheckConstraint("reserved >= 0", name="request_line_reserved"),
    sa.CheckConstraint("dispatched >= 0", name="request_line_dispatched"),
    sa.CheckConstraint("reserved + dispatched + given_back <= requested", name="request_line_balance"),
    sa.Index("request_line_by_demand", "demand_id"),
)
