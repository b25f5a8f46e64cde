"""Kits, quotas, donors and preparedness."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    _create_recalls()
    _create_kits()
    _create_partners()
    _create_quotas()
    _create_preparedness()


def _aggregate(name: str, *parts: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        *parts,
    )


def _text(name: str, *, optional: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=optional)


def _quantity(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _listed(name: str) -> sa.Column[object]:
    return sa.Column(name, JSONB, nullable=False)


def _create_recalls() -> None:
    op.add_column("lot", sa.Column("recall_id", sa.Text))
    _aggregate(
        "recall",
        _listed("lot_ids"),
        _text("reason"),
        _text("document_number"),
        sa.Column("ordered_on", sa.Date, nullable=False),
        _text("item_code", optional=True),
        sa.Column("expires_on", sa.Date),
        sa.Column("lifted_on", sa.Date),
        sa.CheckConstraint("jsonb_array_length(lot_ids) > 0", name="recall_has_lots"),
        sa.CheckConstraint("(item_code IS NULL) = (expires_on IS NULL)", name="recall_looked_for"),
        sa.CheckConstraint("lifted_on >= ordered_on", name="recall_lifted_after"),
    )


def _create_kits() -> None:
    op.add_column("item", sa.Column("pack_units", JSONB, nullable=False))
    op.add_column("item", sa.Column("unit_weight_g", sa.BigInteger))
    op.create_check_constraint("item_unit_weight", "item", "unit_weight_g > 0")
    _aggregate(
        "kit",
        _quantity("kit_version"),
        _listed("parts"),
        _text("document_number"),
        sa.Column("defined_on", sa.Date, nullable=False),
        sa.CheckConstraint("jsonb_array_length(parts) > 0", name="kit_has_parts"),
    )
    _aggregate(
        "kit_lot",
        _text("item_code"),
        _quantity("kit_version"),
        _listed("parts"),
        _quantity("made"),
        _quantity("unpacked"),
        sa.CheckConstraint("made > 0", name="kit_lot_made"),
        sa.CheckConstraint("unpacked >= 0", name="kit_lot_unpacked"),
    )
    op.create_table(
        "kit_part",
        sa.Column("lot_id", sa.Text, primary_key=True),
        sa.Column("part_lot_id", sa.Text, primary_key=True),
        _text("item_code"),
        _quantity("quantity"),
        sa.CheckConstraint("quantity > 0", name="kit_part_quantity"),
        sa.Index("kit_part_by_part", "part_lot_id"),
    )


def _create_partners() -> None:
    op.add_column("lot", sa.Column("restriction", JSONB))
    op.add_column("request", sa.Column("people", JSONB, nullable=False))
    _aggregate("partner", _text("partner_kind"), sa.Column("registered_on", sa.Date, nullable=False))
    _aggregate(
        "pledge",
        _text("partner_id"),
        _listed("lines"),
        _text("document_number"),
        sa.Column("made_on", sa.Date, nullable=False),
        sa.Column("restriction", JSONB),
        _listed("receipts"),
        sa.CheckConstraint("jsonb_array_length(lines) > 0", name="pledge_has_lines"),
        sa.Index("pledge_by_partner", "partner_id", "id"),
    )


def _create_quotas() -> None:
    _aggregate(
        "quota",
        _text("owner_id"),
        _text("item_code"),
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        sa.Column("fiscal_year", sa.BigInteger, nullable=False),
        sa.Column("ceiling", sa.BigInteger),
        _text("legal_basis", optional=True),
        _quantity("used"),
        sa.Column("set_on", sa.Date),
        sa.CheckConstraint("ceiling > 0", name="quota_ceiling"),
        sa.CheckConstraint("used >= 0", name="quota_used"),
        sa.Index("quota_by_area", "area_code", "fiscal_year"),
    )


def _create_preparedness() -> None:
    _aggregate(
        "buffer",
        _text("place_id"),
        _text("item_code"),
        _quantity("target"),
        _text("legal_basis"),
        sa.Column("assumed", sa.Boolean, nullable=False),
        sa.Column("set_on", sa.Date, nullable=False),
        sa.CheckConstraint("target >= 0", name="buffer_target"),
        sa.UniqueConstraint("place_id", "item_code", name="buffer_once"),
    )
    _aggregate(
        "ksb",
        sa.Column("area_code", sa.Text(collation="C"), nullable=False),
        _text("lumbung_place_id", optional=True),
        _quantity("members_count"),
        _quantity("trained_count"),
        _text("document_number"),
        sa.Column("reported_on", sa.Date, nullable=False),
        sa.Column("drilled_on", sa.Date),
        sa.CheckConstraint("trained_count BETWEEN 0 AND members_count", name="ksb_trained"),
        sa.Index("ksb_by_area", "area_code"),
    )
    _aggregate(
        "stock_check",
        sa.Column("checked_on", sa.Date, nullable=False),
        sa.Column("due_on", sa.Date, nullable=False),
        _text("document_number"),
        sa.CheckConstraint("due_on > checked_on", name="stock_check_due"),
    )
