"""Recipients lists, entitlements and kitchens."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"

CODES = sa.Text(collation="C")


def upgrade() -> None:
    _create_recipients_of_lots()
    _create_families()
    _create_plans()
    _create_lists()
    _create_kitchens()


def _create_recipients_of_lots() -> None:
    op.create_table(
        "lot_given",
        sa.Column("lot_id", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("item_code", sa.Text, nullable=False),
        sa.Column("disaster_id", sa.Text, nullable=False),
        sa.Column("place_id", sa.Text, nullable=False),
        sa.Column("area_code", CODES, nullable=False),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("household_count", sa.BigInteger, nullable=False),
        sa.Column("given_on", sa.Date, nullable=False),
        sa.CheckConstraint("quantity > 0", name="lot_given_quantity"),
        sa.Index("lot_given_by_source", "source"),
        sa.Index(
            "lot_given_to_nobody", "place_id", "source", "lot_id", postgresql_where=sa.text("household_count = 0")
        ),
    )
    op.create_table(
        "received",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("item_code", sa.Text, primary_key=True),
        sa.Column("household_id", sa.Text, primary_key=True),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("received_on", sa.Date, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.CheckConstraint("quantity >= 0", name="received_quantity"),
        sa.Index("received_by_household", "household_id"),
    )


def _create_families() -> None:
    op.create_table(
        "recipient",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("links", JSONB, nullable=False),
    )
    op.create_table(
        "profile_version",
        sa.Column("profile_id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("days", sa.BigInteger, nullable=False),
        sa.Column("lines", JSONB, nullable=False),
    )
    op.create_table(
        "household",
        sa.Column("household_id", sa.Text, primary_key=True),
        sa.Column("disaster_id", sa.Text, nullable=False),
        sa.Column("area_code", CODES, nullable=False),
        sa.Column("person_count", sa.BigInteger, nullable=False),
        sa.Column("profile_id", sa.Text, nullable=False),
        sa.Column("profile_version", sa.BigInteger, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.CheckConstraint("person_count >= 0", name="household_persons"),
    )
    op.create_table(
        "household_identity",
        sa.Column("household_id", sa.Text, primary_key=True),
        sa.Column("identity_id", sa.Text, primary_key=True),
        sa.Index("household_identity_by_identity", "identity_id"),
    )
    op.create_table(
        "family_link",
        sa.Column("household_id", sa.Text, primary_key=True),
        sa.Column("other_household_id", sa.Text, primary_key=True),
        sa.Column("linked", sa.Boolean, nullable=False),
    )
    op.create_table(
        "family_member",
        sa.Column("household_id", sa.Text, primary_key=True),
        sa.Column("family_id", sa.Text, nullable=False),
        sa.Index("family_member_by_family", "family_id"),
    )
    op.create_table(
        "over_entitlement",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("household_id", sa.Text, primary_key=True),
        sa.Column("item_code", sa.Text, primary_key=True),
        sa.Column("family_id", sa.Text, nullable=False),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("received_on", sa.Date, nullable=False),
        sa.CheckConstraint("quantity > 0", name="over_entitlement_quantity"),
        sa.Index("over_entitlement_by_household", "household_id"),
    )


def _create_plans() -> None:
    op.create_table(
        "distribution",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("disaster_id", sa.Text, nullable=False),
        sa.Column("place_id", sa.Text, nullable=False),
        sa.Column("area_code", CODES, nullable=False),
        sa.Column("household_count", sa.BigInteger, nullable=False),
        sa.Column("lines", JSONB, nullable=False),
        sa.Column("days", sa.BigInteger, nullable=False),
        sa.Column("planned_for", sa.Date, nullable=False),
        sa.Column("cancelled", sa.Boolean, nullable=False),
        sa.CheckConstraint("household_count > 0 AND days > 0", name="distribution_counts"),
        sa.Index("distribution_by_disaster", "disaster_id", "id"),
    )
    op.create_table(
        "planned_ration",
        sa.Column("distribution_id", sa.Text, primary_key=True),
        sa.Column("household_id", sa.Text, primary_key=True),
        sa.Column("item_code", sa.Text, primary_key=True),
        sa.Column("quantity", sa.BigInteger, nullable=False),
        sa.Column("planned_for", sa.Date, nullable=False),
        sa.CheckConstraint("quantity > 0", name="planned_ration_quantity"),
        sa.Index("planned_ration_by_household", "household_id"),
    )


def _create_lists() -> None:
    op.create_table(
        "recipient_list",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("distribution_id", sa.Text, nullable=False),
        sa.Column("disaster_id", sa.Text, nullable=False),
        sa.Column("place_id", sa.Text, nullable=False),
        sa.Column("area_code", CODES, nullable=False),
        sa.Column("lot_ids", JSONB, nullable=False),
        sa.Column("document_number", sa.Text, nullable=False),
        sa.Column("scan_sha256", sa.Text, nullable=False),
        sa.Column("handed_out_on", sa.Date, nullable=False),
        sa.Column("handout_id", sa.Text),
        sa.Column("row_count", sa.BigInteger, nullable=False),
        sa.Column("totals", JSONB, nullable=False),
        sa.CheckConstraint("row_count >= 0", name="recipient_list_rows"),
        sa.Index("recipient_list_by_place", "place_id", "id"),
        sa.Index("recipient_list_by_distribution", "distribution_id", "id"),
    )
    op.create_table(
        "list_row",
        sa.Column("list_id", sa.Text, primary_key=True),
        sa.Column("row_no", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("distribution_id", sa.Text, nullable=False),
        sa.Column("household_id", sa.Text),
        sa.Column("lines", JSONB, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Index("list_row_by_household", "distribution_id", "household_id", "position", "row_no"),
    )


def _create_kitchens() -> None:
    op.create_table(
        "recipe",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("source_note", sa.Text, nullable=False),
        sa.Column("assumed", sa.Boolean, nullable=False),
        sa.Column("lines", JSONB, nullable=False),
        sa.CheckConstraint("jsonb_array_length(lines) > 0", name="recipe_has_lines"),
    )
    op.create_table(
        "meal",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("kitchen_id", sa.Text, nullable=False),
        sa.Column("disaster_id", sa.Text, nullable=False),
        sa.Column("portions", sa.BigInteger, nullable=False),
        sa.Column("person_count", sa.BigInteger, nullable=False),
        sa.Column("served_on", sa.Date, nullable=False),
        sa.CheckConstraint("portions > 0 AND person_count >= 0", name="meal_counts"),
        sa.Index("meal_by_kitchen", "kitchen_id", "id"),
    )
    op.create_table(
        "kitchen_day",
        sa.Column("kitchen_id", sa.Text, primary_key=True),
        sa.Column("served_on", sa.Date, primary_key=True),
        sa.Column("servings", sa.BigInteger, nullable=False),
        sa.Column("portions", sa.BigInteger, nullable=False),
        sa.Column("person_count", sa.BigInteger, nullable=False),
        sa.Column("flagged", sa.BigInteger, nullable=False),
        sa.CheckConstraint("portions > 0 AND person_count >= 0", name="kitchen_day_counts"),
    )
    op.create_table(
        "kitchen_day_item",
        sa.Column("kitchen_id", sa.Text, primary_key=True),
        sa.Column("served_on", sa.Date, primary_key=True),
        sa.Column("item_code", sa.Text, primary_key=True),
        sa.Column("consumed", sa.BigInteger, nullable=False),
        sa.Column("expected", sa.BigInteger, nullable=False),
        sa.CheckConstraint("consumed >= 0 AND expected >= 0", name="kitchen_day_item_amounts"),
    )
