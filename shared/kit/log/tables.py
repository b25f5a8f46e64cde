"""The tables of the signed log. Their shape never changes after a release.

Owns names and columns only; `shared/kit/schema.py` creates them with their triggers and grants.
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

metadata = sa.MetaData(schema="log")

# One row: the lock every write takes last. `numbers` holds the last number of each partition.
head = sa.Table(
    "head",
    metadata,
    sa.Column("one", sa.Boolean, primary_key=True, server_default=sa.true()),
    sa.Column("log_id", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("partitions", sa.SmallInteger, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("numbers", pg.ARRAY(sa.BigInteger), nullable=False),
    sa.CheckConstraint("one", name="one_row"),
)

# Insert-only. `leaf` is the event's canonical bytes, sent and hashed unchanged.
entry = sa.Table(
    "entry",
    metadata,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("partition", sa.SmallInteger, nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("id", sa.Uuid, nullable=False, unique=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("leaf", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("partition", "number", name="entry_partition_number"),
    sa.UniqueConstraint("subject", "sequence", name="entry_subject_sequence"),
)

# Hashes of complete and partial C2SP tiles: `hashes` holds up to 256 concatenated SHA-256 values of
# level `level` (0: leaves; n: roots of complete subtrees of 256**n leaves).
tile = sa.Table(
    "tile",
    metadata,
    sa.Column("level", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("index", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("hashes", sa.LargeBinary, nullable=False),
)

# Every checkpoint signed, as the signed note's text.
checkpoint = sa.Table(
    "checkpoint",
    metadata,
    sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("root", sa.LargeBinary, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
)
