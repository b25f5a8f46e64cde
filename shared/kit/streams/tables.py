"""The tables of delivery: where each consumer stands, what it set aside, and the publisher's epoch.

Owns names and columns only; `shared/kit/schema.py` creates them.
"""

import sqlalchemy as sa

metadata = sa.MetaData(schema="delivery")

# One row a source partition: the cursor moves in the transaction of the effects, and only for the holder
# of the current lease epoch. `last_hash` is the SHA-256 of the last entry applied; `attempting` and
# `attempts` count, before each attempt, how often the entry after the cursor was tried.
cursor = sa.Table(
    "cursor",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("partition", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("stream_epoch", sa.BigInteger, nullable=False, server_default="1"),
    sa.Column("last_hash", sa.LargeBinary),
    sa.Column("checkpoint", sa.Text),
    sa.Column("lease_owner", sa.Text),
    sa.Column("lease_epoch", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("lease_until", sa.DateTime(timezone=True)),
    sa.Column("attempting", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
)

# One row a running replica, renewed with its leases: how many replicas share the partitions.
replica = sa.Table(
    "replica",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("alive_until", sa.DateTime(timezone=True), nullable=False),
)

# Entries set aside, with the bytes as they came. Later entries of the same subject park behind them.
parked = sa.Table(
    "parked",
    metadata,
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("partition", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("subject", sa.Text),
    sa.Column("type", sa.Text),
    sa.Column("event_id", sa.Text),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("parked_subject", "source", "subject"),
)

# One row: the epoch of the stream ids this service publishes under.
publisher = sa.Table(
    "publisher",
    metadata,
    sa.Column("one", sa.Boolean, primary_key=True, server_default=sa.true()),
    sa.Column("stream_epoch", sa.BigInteger, nullable=False, server_default="1"),
    sa.CheckConstraint("one", name="one_row"),
)
