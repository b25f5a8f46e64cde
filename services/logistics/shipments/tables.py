"""The shipments' table.

Owns names, types and CHECKs.
"""

import sqlalchemy as sa

from services.logistics.tables import aggregate, listed, text

shipment = aggregate(
    "shipment",
    text("request_id", optional=True),
    text("from_place_id", optional=True),
    text("vehicle_place_id", optional=True),
    text("to_place_id", optional=True),
    text("received_at_place_id", optional=True),
    text("document_number", optional=True),
    sa.Column("dispatched_on", sa.Date),
    sa.Column("received_on", sa.Date),
    listed("lines"),
    listed("received"),
    sa.Column("on_the_way", sa.Boolean, nullable=False),
    sa.Column("differs", sa.Boolean, nullable=False),
    sa.CheckConstraint("NOT on_the_way OR dispatched_on IS NOT NULL", name="shipment_on_the_way"),
    sa.Index("shipment_by_request", "request_id"),
    sa.Index("shipment_by_destination", "to_place_id"),
    sa.Index("shipment_open", "id", postgresql_where=sa.text("on_the_way")),
    sa.Index("shipment_differing", "id", postgresql_where=sa.text("differs")),
)
