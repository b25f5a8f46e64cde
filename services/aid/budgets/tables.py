"""The table of budget lines.

Owns columns and the database's own checks: the equation holds and two persons acted, whatever the code does.
"""

import sqlalchemy as sa

from services.aid.tables import metadata

budget = sa.Table(
    "budget",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("fiscal_year", sa.Integer, nullable=False),
    sa.Column("fund_source", sa.Text, nullable=False),
    sa.Column("programme_code", sa.Text, nullable=False),
    sa.Column("proposed_idr", sa.BigInteger, nullable=False),
    sa.Column("proposed_by", sa.Text, nullable=False),
    sa.Column("proposed_on", sa.Date, nullable=False),
    sa.Column("enacted_idr", sa.BigInteger, nullable=False),
    sa.Column("free_idr", sa.BigInteger, nullable=False),
    sa.Column("committed_idr", sa.BigInteger, nullable=False),
    sa.Column("paid_idr", sa.BigInteger, nullable=False),
    sa.Column("enactment_number", sa.Text),
    sa.Column("enacted_by", sa.Text),
    sa.Column("enacted_on", sa.Date),
    sa.Column("valid_until", sa.Date),
    sa.CheckConstraint("free_idr + committed_idr + paid_idr = enacted_idr", name="budget_adds_up"),
    sa.CheckConstraint("free_idr >= 0 AND committed_idr >= 0 AND paid_idr >= 0", name="budget_never_negative"),
    sa.CheckConstraint(
        "(enacted_idr > 0) = (enactment_number IS NOT NULL) AND (enacted_idr > 0) = (enacted_by IS NOT NULL) "
        "AND (enacted_idr > 0) = (enacted_on IS NOT NULL) AND (enacted_idr > 0) = (valid_until IS NOT NULL)",
        name="budget_empty_before_enactment",
    ),
    sa.CheckConstraint("enacted_by <> proposed_by", name="budget_four_eyes"),
    sa.CheckConstraint("valid_until >= enacted_on", name="budget_dates_in_order"),
)
