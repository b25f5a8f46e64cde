"""Hops, proofs of delivery, returns and documents."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Nothing yet."""
