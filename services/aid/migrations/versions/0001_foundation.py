"""The kit's schemas and the aid service's own tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from shared.kit import schema

revision = "0001"
down_revision = None


def upgrade() -> None:
    schema.create(op.get_bind())
    _create_budgets_and_benefits()
    _create_disasters()
    _create_claims()


def _create_budgets_and_benefits() -> None:
    op.create_table(
        "budget",
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
    op.create_table(
        "benefit",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "benefit_rule",
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


def _create_disasters() -> None:
    op.create_table(
        "disaster",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("phase", sa.Text, nullable=False),
        sa.Column("decree_number", sa.Text, nullable=False),
        sa.Column("began_on", sa.Date, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date),
        sa.CheckConstraint("phase IN ('siaga', 'tanggap_darurat', 'transisi', 'selesai')", name="disaster_phase_known"),
        sa.CheckConstraint("began_on <= valid_from", name="disaster_began_first"),
    )


def _create_claims() -> None:
    op.create_table(
        "claim",
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
            "(standing IN ('approved', 'paid', 'suspended')) = (budget_id IS NOT NULL)",
            name="claim_money_from_a_budget",
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
    op.create_table(
        "claim_payout",
        sa.Column("parent", sa.Text, primary_key=True),
        sa.Column("entry", sa.Text, primary_key=True),
        sa.Column("budget_id", sa.Text, nullable=False),
        sa.Column("amount_idr", sa.BigInteger, nullable=False),
        sa.Column("paid_on", sa.Date, nullable=False),
        sa.Column("returned_on", sa.Date),
        sa.Column("return_reason", sa.Text),
        sa.CheckConstraint("amount_idr > 0", name="claim_payout_pays_something"),
        sa.CheckConstraint(
            "(returned_on IS NULL) = (return_reason IS NULL)", name="claim_payout_returned_for_a_reason"
        ),
        sa.Index("claim_payout_entry", "entry", unique=True),
        sa.Index("claim_payout_one_successful", "parent", unique=True, postgresql_where=sa.text("returned_on IS NULL")),
        sa.Index("claim_payout_budget", "budget_id", "paid_on"),
    )


def downgrade() -> None:
    for table in ("claim_payout", "claim", "disaster", "benefit_rule", "benefit", "budget"):
        op.drop_table(table)
    schema.drop(op.get_bind())
