"""The tables of shipments, their lines, returns and hand-overs, and the read model of their stops.

Owns names, types and CHECKs: whatever the rules above do, no unit of a line is lost or made.
"""

import sqlalchemy as sa

from services.logistics.tables import aggregate, listed, metadata, quantity, text

shipment = aggregate(
    "shipment",
    text("request_id", optional=True),
    text("diverted_from", optional=True),
    text("from_place_id", optional=True),
    text("vehicle_place_id", optional=True),
    text("to_place_id", optional=True),
    text("received_at_place_id", optional=True),
    text("document_number", optional=True),
    text("carrier_id", optional=True),
    sa.Column("picked_on", sa.Date),
    sa.Column("dispatched_on", sa.Date),
    sa.Column("received_on", sa.Date),
    text("loss_signer_id", optional=True),
    text("damage_signer_id", optional=True),
    sa.Column("on_the_way", sa.Boolean, nullable=False),
    sa.Column("differs", sa.Boolean, nullable=False),
    sa.Column("unsigned", sa.Boolean, nullable=False),
    listed("picked"),
    listed("early"),
    listed("via_place_ids"),
    sa.CheckConstraint("NOT on_the_way OR dispatched_on IS NOT NULL", name="shipment_on_the_way"),
    sa.Index("shipment_by_request", "request_id"),
    sa.Index("shipment_by_destination", "to_place_id"),
    sa.Index("shipment_via", "via_place_ids", postgresql_using="gin"),
    sa.Index("shipment_open", "id", postgresql_where=sa.text("on_the_way")),
    sa.Index("shipment_differing", "id", postgresql_where=sa.text("differs")),
    sa.Index("shipment_unsigned", "id", postgresql_where=sa.text("unsigned")),
)

shipment_line = sa.Table(
    "shipment_line",
    metadata,
    sa.Column("parent", sa.Text, primary_key=True),
    sa.Column("entry", sa.Text, primary_key=True),
    quantity("line_no"),
    text("lot_id"),
    text("item_code"),
    text("carried_in"),
    quantity("dispatched"),
    quantity("surplus"),
    quantity("accepted"),
    quantity("damaged"),
    quantity("missing"),
    quantity("returned"),
    quantity("diverted"),
    quantity("open"),
    quantity("unserved"),
    text("counted_at", optional=True),
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

goods_return = aggregate(
    "return",
    text("from_place_id"),
    text("at_place_id"),
    text("shipment_id", optional=True),
    text("document_number"),
    text("destruction_document_id", optional=True),
    sa.Column("returned_on", sa.Date, nullable=False),
    listed("lines"),
    sa.Index("return_by_place", "at_place_id", "id"),
)

handover = aggregate(
    "handover",
    text("from_place_id"),
    text("to_place_id"),
    text("document_number"),
    text("signer_id"),
    sa.Column("handed_over_on", sa.Date, nullable=False),
    listed("lines"),
    sa.Index("handover_by_place", "to_place_id", "id"),
)

# Where a shipment was counted, in order, and what was done with it on its way.
shipment_stop = sa.Table(
    "shipment_stop",
    metadata,
    sa.Column("shipment_id", sa.Text, primary_key=True),
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    text("event_type"),
    text("place_id", optional=True),
    text("vehicle_place_id", optional=True),
    text("carrier_id", optional=True),
    listed("lines"),
    listed("signatures"),
    listed("flags"),
    sa.Column("noted_on", sa.Date, nullable=False),
)
