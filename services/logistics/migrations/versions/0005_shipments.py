"""Hops, proofs of delivery, returns and documents.

No release exists: shipments are made anew from the log, so their table is made anew too.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    _create_shipments()
    _create_lines_and_stops()
    _create_returns_and_handovers()
    _create_documents()


def _text(name: str, *, optional: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=optional)


def _quantity(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _listed(name: str) -> sa.Column[object]:
    return sa.Column(name, JSONB, nullable=False)


def _aggregate(name: str, *parts: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        *parts,
    )


def _create_shipments() -> None:
    """The lines get a table of their own, in which the database keeps their balance."""
    op.drop_table("shipment")
    _aggregate(
        "shipment",
        *(_text(name, optional=True) for name in ("request_id", "diverted_from", "from_place_id", "vehicle_place_id")),
        *(_text(name, optional=True) for name in ("to_place_id", "received_at_place_id", "document_number")),
        _text("carrier_id", optional=True),
        *(sa.Column(name, sa.Date) for name in ("picked_on", "dispatched_on", "received_on")),
        *(_text(name, optional=True) for name in ("loss_signer_id", "damage_signer_id")),
        *(sa.Column(name, sa.Boolean, nullable=False) for name in ("on_the_way", "differs", "unsigned")),
        _listed("picked"),
        _listed("early"),
        sa.CheckConstraint("NOT on_the_way OR dispatched_on IS NOT NULL", name="shipment_on_the_way"),
        sa.Index("shipment_by_request", "request_id"),
        sa.Index("shipment_by_destination", "to_place_id"),
        sa.Index("shipment_open", "id", postgresql_where=sa.text("on_the_way")),
        sa.Index("shipment_differing", "id", postgresql_where=sa.text("differs")),
        sa.Index("shipment_unsigned", "id", postgresql_where=sa.text("unsigned")),
    )


def _create_lines_and_stops() -> None:
    op.create_table(
        "shipment_line",
        sa.Column("parent", sa.Text, primary_key=True),
        sa.Column("entry", sa.Text, primary_key=True),
        _quantity("line_no"),
        _text("lot_id"),
        _text("item_code"),
        _text("carried_in"),
        _quantity("dispatched"),
        _quantity("surplus"),
        _quantity("accepted"),
        _quantity("damaged"),
        _quantity("missing"),
        _quantity("returned"),
        _quantity("diverted"),
        _quantity("open"),
        _quantity("unserved"),
        _text("counted_at", optional=True),
        sa.CheckConstraint(
            "dispatched + surplus = accepted + damaged + missing + returned + diverted + open",
            name="shipment_line_balance",
        ),
        sa.CheckConstraint(
            "least(dispatched, surplus, accepted, damaged, missing, returned, diverted, open) >= 0",
            name="shipment_line_not_negative",
        ),
        sa.CheckConstraint("unserved >= 0 AND unserved <= dispatched", name="shipment_line_unserved"),
        sa.Index("shipment_line_open", "lot_id", postgresql_where=sa.text("open > 0")),
    )
    op.create_table(
        "shipment_stop",
        sa.Column("shipment_id", sa.Text, primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        _text("event_type"),
        _text("place_id", optional=True),
        _text("vehicle_place_id", optional=True),
        _text("carrier_id", optional=True),
        _listed("lines"),
        _listed("signatures"),
        _listed("flags"),
        sa.Column("noted_on", sa.Date, nullable=False),
    )


def _create_returns_and_handovers() -> None:
    _aggregate(
        "return",
        _text("from_place_id"),
        _text("at_place_id"),
        _text("shipment_id", optional=True),
        _text("document_number"),
        _text("destruction_document_id", optional=True),
        sa.Column("returned_on", sa.Date, nullable=False),
        _listed("lines"),
        sa.Index("return_by_place", "at_place_id", "id"),
    )
    _aggregate(
        "handover",
        _text("from_place_id"),
        _text("to_place_id"),
        _text("document_number"),
        _text("signer_id"),
        sa.Column("handed_over_on", sa.Date, nullable=False),
        _listed("lines"),
        sa.Index("handover_by_place", "to_place_id", "id"),
    )


def _create_documents() -> None:
    _aggregate(
        "register",
        sa.Column("last", sa.BigInteger, nullable=False),
        _listed("set_aside"),
        sa.CheckConstraint("last >= 0", name="register_last"),
    )
    _aggregate(
        "document",
        _text("document_kind"),
        _text("office"),
        sa.Column("year", sa.BigInteger, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        _listed("content"),
        _text("content_sha256"),
        _listed("predecessors"),
        sa.Column("copies", sa.BigInteger, nullable=False),
        sa.Column("signed_on", sa.Date),
        _text("scan_sha256", optional=True),
        _text("scan_kept", optional=True),
        sa.Column("cancelled", sa.Boolean, nullable=False),
        sa.CheckConstraint("number > 0", name="document_number"),
        sa.CheckConstraint("copies >= 0", name="document_copies"),
        sa.CheckConstraint("(signed_on IS NULL) = (scan_sha256 IS NULL)", name="document_signed"),
        sa.Index("document_by_number", "document_kind", "year", "office", "number", unique=True),
        sa.Index("document_unsigned", "id", postgresql_where=sa.text("signed_on IS NULL AND NOT cancelled")),
    )
