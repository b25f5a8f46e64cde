"""The tables of intake: which commands were answered, and which `evolve` each state table was built by.

Owns names and columns only; `shared/kit/schema.py` creates them.
"""

import sqlalchemy as sa

metadata = sa.MetaData(schema="intake")

# One row a command that was accepted or refused. It never expires: the key is the client's promise.
idempotency = sa.Table(
    "idempotency",
    metadata,
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.LargeBinary, nullable=False),
    sa.Column("answer", sa.LargeBinary, nullable=False),
)

# One row a state kind or read model: if the fingerprint of its code differs, it is rebuilt from the log.
fingerprint = sa.Table(
    "fingerprint",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("built_to", sa.BigInteger, nullable=False),
)
