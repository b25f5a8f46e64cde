"""The tables of claims and their payouts.

Owns columns and the database's own checks: two persons, a budget wherever money is held, one successful payout.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from services.aid.tables import metadata

claim = sa.Table(
    "claim",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("benefit", sa.Text, nullable=False),
    sa.Column("disaster_id", sa.Text, nullable=False),
    sa.Column("person_id", sa.Text),
    sa.Column("household_id", sa.Text),
    sa.Column("event_on", sa.Date, nullable=False),
    sa.Column("rule_id", sa.Text),
    sa.Column("amount_idr", sa.BigInteger),
    sa.Column("fund_source", sa.Text),
    sa.Column("difference_of", sa.Text),
    sa.Column("opened_on", sa.Date, nullable=False),
    sa.Column("flags", JSONB, nullable=False),
    sa.Column("standing", sa.Text, nullable=False),
    sa.Column("prepared_version", sa.BigInteger),
    sa.Column("prepared_by", sa.Text),
    sa.Column("prepared_on", sa.Date),
    sa.Column("payee_commitment", sa.Text),
    sa.Column("approved_by", sa.Text),
    sa.Column("approved_on", sa.Date),
    sa.Column("budget_id", sa.Text),
    sa.Column("overpaid_idr", sa.BigInteger, nullable=False),
    sa.CheckConstraint(
        "standing IN ('open', 'prepared', 'approved', 'paid', 'suspended', 'refused')", name="claim_standing_known"
    ),
    sa.CheckConstraint("approved_by <> prepared_by", name="claim_four_eyes"),
    sa.CheckConstraint(
        "(standing IN ('approved', 'paid', 'suspended')) = (budget_id IS NOT NULL)", name="claim_money_from_a_budget"
    ),
    sa.CheckConstraint(
        "budget_id IS NULL OR num_nulls(approved_by, prepared_by, payee_commitment) = 0",
        name="claim_money_after_approval",
    ),
    sa.CheckConstraint(
        "standing IN ('open', 'refused') OR (amount_idr IS NOT NULL AND fund_source IS NOT NULL)",
        name="claim_prepared_is_priced",
    ),
    sa.CheckConstraint("amount_idr > 0", name="claim_never_negative"),
    sa.CheckConstraint(
        "overpaid_idr >= 0 AND (overpaid_idr = 0 OR standing = 'paid')", name="claim_overpaid_only_when_paid"
    ),
    sa.Index("claim_cause", "cause"),
    sa.Index("claim_standing", "standing", "id"),
    sa.Index("claim_disaster", "disaster_id", "id"),
    sa.Index("claim_budget", "budget_id", "standing"),
)

claim_payout = sa.Table(
    "claim_payout",
    metadata,
    sa.Column("parent", sa.Text, primary_key=True),
    sa.Column("entry", sa.Text, primary_key=True),
    sa.Column("budget_id", sa.Text, nullable=False),
    sa.Column("amount_idr", sa.BigInteger, nullable=False),
    sa.Column("paid_on", sa.Date, nullable=False),
    sa.Column("returned_on", sa.Date),
    sa.Column("return_reason", sa.Text),
    sa.CheckConstraint("amount_idr > 0", name="claim_payout_pays_something"),
    sa.CheckConstraint("(returned_on IS NULL) = (return_reason IS NULL)", name="claim_payout_returned_for_a_reason"),
    sa.Index("claim_payout_entry", "entry", unique=True),
    sa.Index("claim_payout_one_successful", "parent", unique=True, postgresql_where=sa.text("returned_on IS NULL")),
    sa.Index("claim_payout_budget", "budget_id", "paid_on"),
)
