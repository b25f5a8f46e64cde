"""The tables of benefits and their dated rules.

Owns columns and the database's own checks.
"""

import sqlalchemy as sa

from services.aid.tables import metadata

benefit = sa.Table(
    "benefit",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
)

benefit_rule = sa.Table(
    "benefit_rule",
    metadata,
    sa.Column("parent", sa.Text, primary_key=True),
    sa.Column("entry", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("amount_idr", sa.BigInteger, nullable=False),
    sa.Column("fund_source", sa.Text, nullable=False),
    sa.Column("legal_basis", sa.Text, nullable=False),
    sa.Column("assumed", sa.Boolean, nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_until", sa.Date),
    sa.Column("set_on", sa.Date, nullable=False),
    sa.UniqueConstraint("parent", "number", name="benefit_rule_number"),
    sa.CheckConstraint("amount_idr > 0", name="benefit_rule_worth_something"),
    sa.CheckConstraint("valid_until >= valid_from", name="benefit_rule_dates_in_order"),
)
