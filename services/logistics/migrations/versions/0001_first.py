"""The kit's schemas and the logistics service's own tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.kit import schema

revision = "0001"
down_revision = None

CODES = sa.Text(collation="C")


def upgrade() -> None:
    schema.create(op.get_bind())
    _create_places_and_catalogue()
    _create_needs()
    _create_stock()
    _create_requests_and_shipments()


def _create_places_and_catalogue() -> None:
    op.create_table(
        "place",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("place_kind", sa.Text),
        sa.Column("area_code", CODES),
        sa.Column("authority", sa.Text),
        sa.Column("post_id", sa.Text),
        sa.Column("latitude_e7", sa.BigInteger),
        sa.Column("longitude_e7", sa.BigInteger),
        sa.CheckConstraint("latitude_e7 BETWEEN -900000000 AND 900000000", name="place_latitude"),
        sa.CheckConstraint("longitude_e7 BETWEEN -1800000000 AND 1800000000", name="place_longitude"),
        sa.Index("place_by_area", "area_code"),
    )
    op.create_table(
        "place_device",
        sa.Column("parent", sa.Text, primary_key=True),
        sa.Column("entry", sa.Text, primary_key=True),
        sa.Column("turns", JSONB, nullable=False),
        sa.CheckConstraint("jsonb_array_length(turns) > 0", name="place_device_has_turns"),
    )
    op.create_table(
        "item",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("base_unit", sa.Text, nullable=False),
        sa.Column("shelf_life_days", sa.BigInteger),
        sa.CheckConstraint("shelf_life_days > 0", name="item_shelf_life"),
    )
    op.create_table(
        "ration_profile",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("legal_basis", sa.Text, nullable=False),
        sa.Column("source_note", sa.Text, nullable=False),
        sa.Column("assumed", sa.Boolean, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("lines", JSONB, nullable=False),
        sa.CheckConstraint("jsonb_array_length(lines) > 0", name="ration_profile_has_lines"),
    )


def _create_needs() -> None:
    op.create_table(
        "demand",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("needs_recorded", sa.BigInteger, nullable=False),
        sa.Column("requested", JSONB, nullable=False),
    )
    op.create_table(
        "household_need",
        sa.Column("disaster_id", sa.Text, primary_key=True),
        sa.Column("household_id", sa.Text, primary_key=True),
        sa.Column("demand_id", sa.Text, nullable=False),
        sa.Column("person_count", sa.BigInteger, nullable=False),
        sa.Column("counted", sa.Boolean, nullable=False),
        sa.Column("lines", JSONB, nullable=False),
    )
    op.create_table(
        "demand_area",
        sa.Column("demand_id", sa.Text, primary_key=True),
        sa.Column("disaster_id", sa.Text, nullable=False),
        sa.Column("area_code", CODES, nullable=False),
        sa.Column("household_count", sa.BigInteger, nullable=False),
        sa.Column("person_count", sa.BigInteger, nullable=False),
        sa.CheckConstraint("household_count >= 0 AND person_count >= 0", name="demand_area_counts"),
        sa.Index("demand_area_by_disaster", "disaster_id", "area_code"),
    )
    op.create_table(
        "demand_line",
        sa.Column("demand_id", sa.Text, primary_key=True),
        sa.Column("item_code", sa.Text, primary_key=True),
        sa.Column("needed", sa.BigInteger, nullable=False),
        sa.CheckConstraint("needed >= 0", name="demand_line_needed"),
    )


def _create_stock() -> None:
    op.create_table(
        "lot",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("item_code", sa.Text, nullable=False),
        sa.Column("received", sa.Boolean, nullable=False),
        sa.Column("authority", sa.Text),
        sa.Column("expires_on", sa.Date),
        sa.Column("document_number", sa.Text),
        sa.Column("reversed", JSONB, nullable=False),
        sa.Index("lot_by_item", "item_code"),
    )
    op.create_table(
        "lot_balance",
        sa.Column("parent", sa.Text, primary_key=True),
        sa.Column("entry", sa.Text, primary_key=True),
        sa.Column("on_hand", sa.BigInteger, nullable=False),
        sa.Column("reserved", sa.BigInteger, nullable=False),
        sa.Column("field_deficit", sa.BigInteger, nullable=False),
        sa.Column("account", sa.Boolean, nullable=False),
        sa.CheckConstraint("reserved >= 0", name="lot_balance_reserved"),
        sa.CheckConstraint("field_deficit >= 0", name="lot_balance_field_deficit"),
        sa.CheckConstraint("account OR on_hand - reserved + field_deficit >= 0", name="lot_balance_covered"),
        sa.CheckConstraint("NOT account OR (reserved = 0 AND field_deficit = 0)", name="lot_balance_account"),
        sa.Index("lot_balance_by_place", "entry", "parent"),
        sa.Index("lot_balance_to_explain", "entry", postgresql_where=sa.text("field_deficit > 0")),
    )
    op.create_table(
        "lot_reservation",
        sa.Column("parent", sa.Text, primary_key=True),
        sa.Column("entry", sa.Text, primary_key=True),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("place_id", sa.Text, nullable=False),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("expires_on", sa.Date, nullable=False),
        sa.CheckConstraint("quantity > 0", name="lot_reservation_quantity"),
        sa.Index("lot_reservation_by_expiry", "expires_on"),
        sa.Index("lot_reservation_by_request", "request_id"),
    )
    op.create_table(
        "movement",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("place_id", sa.Text, primary_key=True),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("lot_id", sa.Text, nullable=False),
        sa.Column("item_code", sa.Text, nullable=False),
        sa.Column("other_place_id", sa.Text, nullable=False),
        sa.Column("change", sa.BigInteger, nullable=False),
        sa.Column("balance", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("reverses", sa.Text),
        sa.Column("moved_on", sa.Date, nullable=False),
        sa.Column("flags", JSONB, nullable=False),
        sa.CheckConstraint("change <> 0", name="movement_change"),
        sa.Index("movement_by_event", "event_id"),
        sa.Index("movement_by_place", "place_id", "position"),
        sa.Index("movement_by_place_and_lot", "place_id", "lot_id", "position"),
    )
    op.create_table(
        "to_explain",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("event_id", sa.Text, nullable=False),
        sa.Column("event_type", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("place_id", sa.Text),
        sa.Column("lot_id", sa.Text),
        sa.Column("flags", JSONB, nullable=False),
        sa.Column("noted_on", sa.Date, nullable=False),
        sa.Index("to_explain_by_place", "place_id", "position"),
    )


def _create_requests_and_shipments() -> None:
    op.create_table(
        "request",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("disaster_id", sa.Text, nullable=False),
        sa.Column("area_code", CODES, nullable=False),
        sa.Column("to_place_id", sa.Text, nullable=False),
        sa.Column("urgency", sa.Text, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lines", JSONB, nullable=False),
        sa.Column("short", JSONB, nullable=False),
        sa.Column("lot_ids", JSONB, nullable=False),
        sa.Column("allocated", sa.Boolean, nullable=False),
        sa.Column("cancelled", sa.Boolean, nullable=False),
        sa.CheckConstraint("jsonb_array_length(lines) > 0", name="request_has_lines"),
        sa.Index("request_by_disaster", "disaster_id", "area_code"),
    )
    op.create_table(
        "request_line",
        sa.Column("request_id", sa.Text, primary_key=True),
        sa.Column("item_code", sa.Text, primary_key=True),
        sa.Column("demand_id", sa.Text),
        sa.Column("requested", sa.BigInteger, nullable=False),
        sa.Column("reserved", sa.BigInteger, nullable=False),
        sa.Column("dispatched", sa.BigInteger, nullable=False),
        sa.Column("accepted", sa.BigInteger, nullable=False),
        sa.Column("missing", sa.BigInteger, nullable=False),
        sa.Column("damaged", sa.BigInteger, nullable=False),
        sa.Column("given_back", sa.BigInteger, nullable=False),
        sa.CheckConstraint("requested > 0", name="request_line_requested"),
        sa.CheckConstraint("reserved >= 0", name="request_line_reserved"),
        sa.CheckConstraint("dispatched >= 0", name="request_line_dispatched"),
        sa.CheckConstraint("reserved + dispatched + given_back <= requested", name="request_line_balance"),
        sa.Index("request_line_by_demand", "demand_id"),
    )
    op.create_table(
        "shipment",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("request_id", sa.Text),
        sa.Column("from_place_id", sa.Text),
        sa.Column("vehicle_place_id", sa.Text),
        sa.Column("to_place_id", sa.Text),
        sa.Column("received_at_place_id", sa.Text),
        sa.Column("document_number", sa.Text),
        sa.Column("dispatched_on", sa.Date),
        sa.Column("received_on", sa.Date),
        sa.Column("lines", JSONB, nullable=False),
        sa.Column("received", JSONB, nullable=False),
        sa.Column("on_the_way", sa.Boolean, nullable=False),
        sa.Column("differs", sa.Boolean, nullable=False),
        sa.CheckConstraint("NOT on_the_way OR dispatched_on IS NOT NULL", name="shipment_on_the_way"),
        sa.Index("shipment_by_destination", "to_place_id"),
        sa.Index("shipment_by_request", "request_id"),
        sa.Index("shipment_differing", "id", postgresql_where=sa.text("differs")),
        sa.Index("shipment_open", "id", postgresql_where=sa.text("on_the_way")),
    )
    op.create_table(
        "handout",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("disaster_id", sa.Text, nullable=False),
        sa.Column("place_id", sa.Text, nullable=False),
        sa.Column("area_code", CODES, nullable=False),
        sa.Column("handed_out_on", sa.Date, nullable=False),
        sa.Column("household_count", sa.BigInteger, nullable=False),
        sa.CheckConstraint("household_count >= 0", name="handout_households"),
        sa.Index("handout_by_place", "place_id", "id"),
    )


def downgrade() -> None:
    for table in (
        "place",
        "item",
        "ration_profile",
        "demand",
        "household_need",
        "demand_area",
        "demand_line",
        "lot",
        "lot_balance",
        "lot_reservation",
        "movement",
        "to_explain",
        "request",
        "request_line",
        "shipment",
        "handout",
    ):
        op.drop_table(table)
    schema.drop(op.get_bind())
