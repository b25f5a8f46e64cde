"""The quotas' table.

Owns names, types and CHECKs. `used` may exceed the ceiling: a fact that does is accepted and flagged.
"""

import sqlalchemy as sa

from services.logistics.tables import aggregate, codes, quantity, text

quota = aggregate(
    "quota",
    text("owner_id"),
    text("item_code"),
    sa.Column("area_code", codes(), nullable=False),
    sa.Column("fiscal_year", sa.BigInteger, nullable=False),
    sa.Column("ceiling", sa.BigInteger),
    text("legal_basis", optional=True),
    quantity("used"),
    sa.Column("set_on", sa.Date),
    sa.CheckConstraint("ceiling > 0", name="quota_ceiling"),
    sa.CheckConstraint("used >= 0", name="quota_used"),
    sa.Index("quota_by_area", "area_code", "fiscal_year"),
)
