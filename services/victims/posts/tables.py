"""The tables of posts, their devices, and the numbers each device's reports came under.

Owns columns and the database's own checks.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import INT8MULTIRANGE, JSONB

from services.victims.tables import codes, metadata

post = sa.Table(
    "post",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("disaster_id", sa.Text, nullable=False),
    sa.Column("area_code", codes(), nullable=False),
    sa.Column("enrolled_on", sa.Date, nullable=False),
    sa.Index("post_disaster", "disaster_id", "id"),
)

post_device = sa.Table(
    "post_device",
    metadata,
    sa.Column("parent", sa.Text, primary_key=True),
    sa.Column("entry", sa.Text, primary_key=True),
    sa.Column("token_id", sa.Text, nullable=False),
    sa.Column("valid_until_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("periods", JSONB, nullable=False),
)

# One row a device. `received` are the numbers its logged reports carry; `reports` counts the reports, so that
# more reports than numbers shows a number used twice.
device_numbers = sa.Table(
    "device_numbers",
    metadata,
    sa.Column("device_id", sa.Text, primary_key=True),
    sa.Column("post_id", sa.Text, nullable=False),
    sa.Column("received", INT8MULTIRANGE, nullable=False),
    sa.Column("reports", sa.BigInteger, nullable=False),
    sa.Index("device_numbers_post", "post_id"),
)
