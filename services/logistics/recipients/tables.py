"""The tables of lists of recipients and of their rows.

Owns names, types and CHECKs.
"""

import sqlalchemy as sa

from services.logistics.tables import aggregate, codes, listed, metadata, quantity, text

recipient_list = aggregate(
    "recipient_list",
    text("status"),
    text("distribution_id"),
    text("disaster_id"),
    text("place_id"),
    sa.Column("area_code", codes(), nullable=False),
    listed("lot_ids"),
    text("document_number"),
    text("scan_sha256"),
    sa.Column("handed_out_on", sa.Date, nullable=False),
    text("handout_id", optional=True),
    quantity("row_count"),
    listed("totals"),
    sa.CheckConstraint("row_count >= 0", name="recipient_list_rows"),
    sa.Index("recipient_list_by_place", "place_id", "id"),
    sa.Index("recipient_list_by_distribution", "distribution_id", "id"),
)

# The rows of lists that were not withdrawn, in the order of the paper.
list_row = sa.Table(
    "list_row",
    metadata,
    sa.Column("list_id", sa.Text, primary_key=True),
    sa.Column("row_no", sa.BigInteger, primary_key=True, autoincrement=False),
    text("distribution_id"),
    text("household_id", optional=True),
    listed("lines"),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Index("list_row_by_household", "distribution_id", "household_id", "position", "row_no"),
)
