"""Approval, deadlines, routes and support for requests.

No release exists: requests opened before are made anew from the log, so their tables are made anew too.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"

CODES = sa.Text(collation="C")


def upgrade() -> None:
    _change_requests()
    _follow_requests()
    _create_support_and_routes()
    _count_the_displaced()


def _change_requests() -> None:
    op.drop_table("request")
    op.create_table(
        "request",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("disaster_id", sa.Text, nullable=False),
        sa.Column("area_code", CODES, nullable=False),
        sa.Column("to_place_id", sa.Text, nullable=False),
        sa.Column("urgency", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("requested_by", sa.Text, nullable=False),
        sa.Column("addressed_to", sa.Text, nullable=False),
        sa.Column("approval", sa.Text, nullable=False),
        sa.Column("approved_by", sa.Text),
        sa.Column("received_at", sa.DateTime(timezone=True)),
        sa.Column("warn_at", sa.DateTime(timezone=True)),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("paused_at", sa.DateTime(timezone=True)),
        sa.Column("question", sa.Text),
        sa.Column("letter_number", sa.Text),
        sa.Column("person_count", sa.BigInteger),
        sa.Column("need", JSONB),
        sa.Column("lines", JSONB, nullable=False),
        sa.Column("undecided", JSONB, nullable=False),
        sa.Column("short", JSONB, nullable=False),
        sa.Column("why_short", JSONB, nullable=False),
        sa.Column("shares", JSONB, nullable=False),
        sa.Column("supports", JSONB, nullable=False),
        sa.Column("lot_ids", JSONB, nullable=False),
        sa.Column("flags", JSONB, nullable=False),
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


def _follow_requests() -> None:
    op.add_column("request_line", sa.Column("approved", sa.BigInteger, nullable=False))
    op.drop_constraint("request_line_balance", "request_line")
    op.create_check_constraint("request_line_approved", "request_line", "reserved + dispatched <= approved")
    op.create_check_constraint("request_line_balance", "request_line", "approved + given_back <= requested")
    op.create_table(
        "request_pick",
        sa.Column("reservation_id", sa.Text, primary_key=True),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("lot_id", sa.Text, nullable=False),
        sa.Column("item_code", sa.Text, nullable=False),
        sa.Column("place_id", sa.Text, nullable=False),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("why", JSONB, nullable=False),
        sa.Column("route_minutes", sa.BigInteger),
        sa.Column("route_trips", sa.BigInteger),
        sa.Column("support_id", sa.Text),
        sa.Column("override", sa.Text),
        sa.Column("allocated_on", sa.Date, nullable=False),
        sa.CheckConstraint("quantity > 0", name="request_pick_quantity"),
        sa.Index("request_pick_by_request", "request_id"),
    )


def _create_support_and_routes() -> None:
    op.create_table(
        "support",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("from_owner_id", sa.Text, nullable=False),
        sa.Column("of_owner_id", sa.Text, nullable=False),
        sa.Column("letter_number", sa.Text),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("answered_by", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("asked", JSONB, nullable=False),
        sa.Column("accepted", JSONB, nullable=False),
        sa.Column("asked_on", sa.Date, nullable=False),
        sa.Column("answered_on", sa.Date),
        sa.Index("support_by_request", "request_id"),
        sa.Index("support_by_owner", "of_owner_id", "id"),
    )
    op.create_table(
        "route",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("from_end", sa.Text, nullable=False),
        sa.Column("to_end", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("minutes", sa.BigInteger, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date),
        sa.Column("capacity_kg", sa.BigInteger),
        sa.Column("closed_from", sa.Date),
        sa.Column("closed_until", sa.Date),
        sa.Column("closure", sa.Text),
        sa.CheckConstraint("from_end <> to_end", name="route_ends"),
        sa.CheckConstraint("minutes > 0", name="route_minutes"),
        sa.CheckConstraint("capacity_kg > 0", name="route_capacity"),
        sa.CheckConstraint("valid_from <= valid_until", name="route_validity"),
        sa.CheckConstraint("closed_from <= closed_until", name="route_closure"),
        sa.UniqueConstraint("from_end", "to_end", "mode", name="route_once"),
    )


def _count_the_displaced() -> None:
    op.add_column("ration_profile", sa.Column("days", sa.BigInteger, nullable=False))
    op.create_check_constraint("ration_profile_days", "ration_profile", "days > 0")
    op.add_column("household_need", sa.Column("displaced", sa.Boolean, nullable=False))
    op.add_column("demand_area", sa.Column("displaced_household_count", sa.BigInteger, nullable=False))
    op.add_column("demand_area", sa.Column("displaced_person_count", sa.BigInteger, nullable=False))
    op.create_check_constraint(
        "demand_area_displaced_counts",
        "demand_area",
        "displaced_household_count >= 0 AND displaced_person_count >= 0",
    )
