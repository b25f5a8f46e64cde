"""The requests' table, and the read models of how far each line is served and by which goods.

Owns names, types and CHECKs.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.logistics.tables import aggregate, codes, listed, metadata, quantity, text


def _instant(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True))


request = aggregate(
    "request",
    text("disaster_id"),
    sa.Column("area_code", codes(), nullable=False),
    text("to_place_id"),
    text("urgency"),
    text("origin"),
    text("requested_by"),
    text("addressed_to"),
    text("approval"),
    text("approved_by", optional=True),
    _instant("received_at"),
    _instant("warn_at"),
    _instant("due_at"),
    _instant("paused_at"),
    text("question", optional=True),
    text("letter_number", optional=True),
    sa.Column("person_count", sa.BigInteger),
    listed("people"),
    sa.Column("need", JSONB),
    listed("lines"),
    listed("undecided"),
    listed("short"),
    listed("why_short"),
    listed("shares"),
    listed("supports"),
    listed("lot_ids"),
    listed("flags"),
    sa.Column("allocated", sa.Boolean, nullable=False),
    sa.Column("cancelled", sa.Boolean, nullable=False),
    sa.CheckConstraint("jsonb_array_length(lines) > 0", name="request_has_lines"),
    sa.CheckConstraint("approved_by <> requested_by", name="request_four_eyes"),
    sa.CheckConstraint(
        "approval = 'draft' OR num_nulls(received_at, warn_at, due_at) = 0", name="request_has_deadline"
    ),
    sa.CheckConstraint("received_at <= warn_at AND warn_at <= due_at", name="request_deadline_order"),
    sa.CheckConstraint(
        "jsonb_array_length(short) = 0 OR approval <> 'draft' AND approval <> 'rejected'",
        name="request_short_of_approved",
    ),
    sa.Index("request_by_disaster", "disaster_id", "area_code"),
    sa.Index("request_by_addressee", "addressed_to", "id"),
    sa.Index("request_by_deadline", "due_at", postgresql_where=sa.text("NOT cancelled AND paused_at IS NULL")),
)

# How far a line of a request is: requested = undecided + approved + given back, and approved = reserved + dispatched
# + short. What was sent and lost, damaged, diverted or sent back is no longer dispatched but short again.
request_line = sa.Table(
    "request_line",
    metadata,
    sa.Column("request_id", sa.Text, primary_key=True),
    sa.Column("item_code", sa.Text, primary_key=True),
    text("demand_id", optional=True),
    quantity("requested"),
    quantity("approved"),
    quantity("reserved"),
    quantity("dispatched"),
    quantity("accepted"),
    quantity("missing"),
    quantity("damaged"),
    quantity("given_back"),
    sa.CheckConstraint("requested > 0", name="request_line_requested"),
    sa.CheckConstraint("reserved >= 0", name="request_line_reserved"),
    sa.CheckConstraint("dispatched >= 0", name="request_line_dispatched"),
    sa.CheckConstraint("reserved + dispatched <= approved", name="request_line_approved"),
    sa.CheckConstraint("approved + given_back <= requested", name="request_line_balance"),
    sa.Index("request_line_by_demand", "demand_id"),
)

# Goods that were reserved for a request, and why these.
request_pick = sa.Table(
    "request_pick",
    metadata,
    sa.Column("reservation_id", sa.Text, primary_key=True),
    text("request_id"),
    text("lot_id"),
    text("item_code"),
    text("place_id"),
    quantity("quantity"),
    listed("why"),
    sa.Column("route_minutes", sa.BigInteger),
    sa.Column("route_trips", sa.BigInteger),
    text("support_id", optional=True),
    text("override", optional=True),
    sa.Column("allocated_on", sa.Date, nullable=False),
    sa.CheckConstraint("quantity > 0", name="request_pick_quantity"),
    sa.Index("request_pick_by_request", "request_id"),
)
