"""The kit's schemas and the victims service's own tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import INT8MULTIRANGE, JSONB

from shared.kit import schema

revision = "0001"
down_revision = None

CODES = sa.Text(collation="C")


def upgrade() -> None:
    schema.create(op.get_bind())
    _create_disasters_and_posts()
    _create_registrations()
    _create_casualties_and_damage()


def _create_disasters_and_posts() -> None:
    op.create_table(
        "disaster",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("hazard", sa.Text, nullable=False),
        sa.Column("area_codes", JSONB, nullable=False),
        sa.Column("phase", sa.Text, nullable=False),
        sa.Column("decree_number", sa.Text, nullable=False),
        sa.Column("decree_date", sa.Date, nullable=False),
        sa.Column("began_on", sa.Date, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date),
        sa.Column("declared_on", sa.Date, nullable=False),
        sa.CheckConstraint("phase IN ('siaga', 'tanggap_darurat', 'transisi', 'selesai')", name="disaster_phase_known"),
        sa.CheckConstraint("valid_until >= valid_from", name="disaster_dates_in_order"),
        sa.CheckConstraint("began_on <= valid_from", name="disaster_began_first"),
    )
    op.create_table(
        "post",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("disaster_id", sa.Text, nullable=False),
        sa.Column("area_code", CODES, nullable=False),
        sa.Column("enrolled_on", sa.Date, nullable=False),
        sa.Index("post_disaster", "disaster_id", "id"),
    )
    op.create_table(
        "post_device",
        sa.Column("parent", sa.Text, primary_key=True),
        sa.Column("entry", sa.Text, primary_key=True),
        sa.Column("token_id", sa.Text, nullable=False),
        sa.Column("valid_until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("periods", JSONB, nullable=False),
    )
    op.create_table(
        "device_numbers",
        sa.Column("device_id", sa.Text, primary_key=True),
        sa.Column("post_id", sa.Text, nullable=False),
        sa.Column("received", INT8MULTIRANGE, nullable=False),
        sa.Column("reports", sa.BigInteger, nullable=False),
        sa.Index("device_numbers_post", "post_id"),
    )


def _create_registrations() -> None:
    op.create_table(
        "household",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("disaster_id", sa.Text, nullable=False),
        sa.Column("post_id", sa.Text, nullable=False),
        sa.Column("device_id", sa.Text, nullable=False),
        sa.Column("area_code", CODES, nullable=False),
        sa.Column("residence", sa.Text, nullable=False),
        sa.Column("shelter_area_code", CODES),
        sa.Column("persons", JSONB, nullable=False),
        sa.Column("persons_counted", sa.Integer, nullable=False),
        sa.Column("damage_claimed", sa.Text),
        sa.Column("happened_on", sa.Date, nullable=False),
        sa.Column("recorded_on", sa.Date, nullable=False),
        sa.Column("flags", JSONB, nullable=False),
        sa.Column("former_person_ids", JSONB, nullable=False),
        sa.CheckConstraint(
            "persons_counted BETWEEN 0 AND jsonb_array_length(persons)", name="household_counts_each_person_once"
        ),
        sa.Index("household_disaster_area", "disaster_id", "area_code", "id"),
        sa.Index("household_post", "post_id", "area_code", "id"),
    )


def _create_casualties_and_damage() -> None:
    op.create_table(
        "casualty",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("disaster_id", sa.Text, nullable=False),
        sa.Column("post_id", sa.Text, nullable=False),
        sa.Column("casualty_kind", sa.Text, nullable=False),
        sa.Column("person_id", sa.Text),
        sa.Column("household_id", sa.Text),
        sa.Column("area_code", CODES, nullable=False),
        sa.Column("occurred_on", sa.Date, nullable=False),
        sa.Column("recorded_on", sa.Date, nullable=False),
        sa.Column("flags", JSONB, nullable=False),
        *_decision_columns("casualty"),
        sa.Index("casualty_disaster", "disaster_id", "area_code", "id"),
    )
    op.create_table(
        "damage",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("household_id", sa.Text, nullable=False),
        sa.Column("disaster_id", sa.Text, nullable=False),
        sa.Column("post_id", sa.Text, nullable=False),
        sa.Column("damage_claimed", sa.Text, nullable=False),
        sa.Column("damage_class", sa.Text),
        sa.Column("area_code", CODES, nullable=False),
        sa.Column("occurred_on", sa.Date, nullable=False),
        sa.Column("recorded_on", sa.Date, nullable=False),
        sa.Column("flags", JSONB, nullable=False),
        sa.CheckConstraint("(standing = 'verified') = (damage_class IS NOT NULL)", name="damage_verified_has_class"),
        *_decision_columns("damage"),
        sa.Index("damage_disaster", "disaster_id", "area_code", "id"),
        sa.Index("damage_household", "household_id"),
    )


def _decision_columns(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_on", sa.Date),
        sa.CheckConstraint("standing IN ('reported', 'verified', 'rejected')", name=f"{table}_standing_known"),
        sa.CheckConstraint(
            "(standing = 'reported') = (decided_by IS NULL) AND (standing = 'reported') = (decided_on IS NULL)",
            name=f"{table}_decided_by_an_event",
        ),
    )


def downgrade() -> None:
    for table in ("damage", "casualty", "household", "device_numbers", "post_device", "post", "disaster"):
        op.drop_table(table)
    schema.drop(op.get_bind())
