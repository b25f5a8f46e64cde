"""The lots' tables, and the read model of the stock card.

Owns names, types and the CHECKs that hold whatever the rules above do: nothing is taken that is reserved or not
there, unless a fact from the field is on record for it.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.logistics.tables import aggregate, listed, metadata, quantity, text

lot = aggregate(
    "lot",
    text("item_code"),
    sa.Column("received", sa.Boolean, nullable=False),
    text("owner_id", optional=True),
    sa.Column("expires_on", sa.Date),
    text("document_number", optional=True),
    sa.Column("unit_value_idr", sa.BigInteger),
    quantity("valued_quantity"),
    text("value_basis"),
    sa.Column("restriction", JSONB),
    text("recall_id", optional=True),
    listed("reversed"),
    sa.CheckConstraint("unit_value_idr >= 0 AND valued_quantity > 0", name="lot_value"),
    sa.Index("lot_by_item", "item_code"),
    sa.Index("lot_by_owner", "owner_id", "id"),
)

balance = sa.Table(
    "lot_balance",
    metadata,
    sa.Column("parent", sa.Text, primary_key=True),
    sa.Column("entry", sa.Text, primary_key=True),
    quantity("on_hand"),
    quantity("reserved"),
    quantity("field_deficit"),
    sa.Column("account", sa.Boolean, nullable=False),
    sa.Column("counted_at", sa.DateTime(timezone=True)),
    text("count_id", optional=True),
    sa.Column("unexplained", sa.BigInteger, nullable=False),
    sa.CheckConstraint("reserved >= 0", name="lot_balance_reserved"),
    sa.CheckConstraint("field_deficit >= 0", name="lot_balance_field_deficit"),
    sa.CheckConstraint("account OR on_hand - reserved + field_deficit >= 0", name="lot_balance_covered"),
    sa.CheckConstraint("NOT account OR (reserved = 0 AND field_deficit = 0)", name="lot_balance_account"),
    sa.Index("lot_balance_by_place", "entry", "parent"),
    sa.Index("lot_balance_to_explain", "entry", postgresql_where=sa.text("field_deficit > 0")),
)

reservation = sa.Table(
    "lot_reservation",
    metadata,
    sa.Column("parent", sa.Text, primary_key=True),
    sa.Column("entry", sa.Text, primary_key=True),
    text("request_id"),
    text("place_id"),
    quantity("quantity"),
    sa.Column("expires_on", sa.Date, nullable=False),
    text("urgency"),
    sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
    quantity("made"),
    sa.CheckConstraint("quantity > 0", name="lot_reservation_quantity"),
    sa.Index("lot_reservation_by_request", "request_id"),
    sa.Index("lot_reservation_by_expiry", "expires_on"),
    sa.Index("lot_reservation_by_place", "place_id", "parent"),
)

# The stock card (kartu barang): two rows a movement, one for each place, with the balance it leaves. Every index that
# knows positions begins with the place: one by position alone would be searched from the ledger's first movement for a
# place that was opened late.
movement = sa.Table(
    "movement",
    metadata,
    sa.Column("position", sa.BigInteger, nullable=False),
    text("place_id"),
    text("event_id"),
    text("lot_id"),
    text("item_code"),
    text("other_place_id"),
    quantity("change"),
    quantity("balance"),
    text("reason"),
    text("cause"),
    text("reverses", optional=True),
    text("movement_id", optional=True),
    text("offsets", optional=True),
    text("count_id", optional=True),
    sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("moved_on", sa.Date, nullable=False),
    sa.Column("occurred_on", sa.Date),
    listed("flags"),
    sa.PrimaryKeyConstraint("place_id", "position", name="movement_pkey"),
    sa.CheckConstraint("change <> 0", name="movement_change"),
    sa.Index("movement_by_place_and_item", "place_id", "item_code", "position"),
    sa.Index("movement_by_place_and_lot", "place_id", "lot_id", "position"),
    sa.Index("movement_by_event", "event_id"),
    sa.Index("movement_of_prior_period", "occurred_on", postgresql_where=sa.text("occurred_on IS NOT NULL")),
)
