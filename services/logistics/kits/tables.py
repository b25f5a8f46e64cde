"""The tables of kits: what they are made of, and the lots that were made.

Owns names, types and CHECKs.
"""

import sqlalchemy as sa

from services.logistics.tables import aggregate, listed, metadata, quantity, text

kit = aggregate(
    "kit",
    quantity("kit_version"),
    listed("parts"),
    text("document_number"),
    sa.Column("defined_on", sa.Date, nullable=False),
    sa.CheckConstraint("jsonb_array_length(parts) > 0", name="kit_has_parts"),
)

kit_lot = aggregate(
    "kit_lot",
    text("item_code"),
    quantity("kit_version"),
    listed("parts"),
    quantity("made"),
    quantity("unpacked"),
    sa.CheckConstraint("made > 0", name="kit_lot_made"),
    sa.CheckConstraint("unpacked >= 0", name="kit_lot_unpacked"),
)

# The parts of kit lots, by part: from a lot to the kits that were built of it. `quantity` is what is in one kit.
kit_part = sa.Table(
    "kit_part",
    metadata,
    sa.Column("lot_id", sa.Text, primary_key=True),
    sa.Column("part_lot_id", sa.Text, primary_key=True),
    text("item_code"),
    quantity("quantity"),
    sa.CheckConstraint("quantity > 0", name="kit_part_quantity"),
    sa.Index("kit_part_by_part", "part_lot_id"),
)
