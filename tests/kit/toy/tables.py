"""The toy's tables."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.log.append import Placed
from tests.kit.toy.contract import CounterRaised

metadata = sa.MetaData()

counter = sa.Table(
    "counter",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("ceiling", sa.BigInteger, nullable=False),
    sa.Column("value", sa.BigInteger, nullable=False),
    sa.Column("labels", JSONB, nullable=False),
    sa.CheckConstraint("value <> 4242", name="value_is_not_4242"),
)

part = sa.Table(
    "counter_part",
    metadata,
    sa.Column("parent", sa.Text, primary_key=True),
    sa.Column("entry", sa.Text, primary_key=True),
    sa.Column("amount", sa.BigInteger, nullable=False),
)

raises = sa.Table(
    "counter_raise",
    metadata,
    sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("counter_id", sa.Text, nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
)

mirror = sa.Table(
    "mirror",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("value", sa.BigInteger, nullable=False),
    sa.Column("last_seen", sa.BigInteger, nullable=False),
)


async def apply_raises(connection: AsyncConnection, placed: Sequence[Placed]) -> None:
    """The read model: one row a raise."""
    rows = [
        {"position": one.position, "counter_id": one.event.payload.counter_id, "amount": one.event.payload.amount}
        for one in placed
        if isinstance(one.event.payload, CounterRaised)
    ]
    if rows:
        await connection.execute(sa.insert(raises), rows)
