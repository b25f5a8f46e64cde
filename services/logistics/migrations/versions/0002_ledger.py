"""Owners and values of lots, reasons of movements, emergency issues."""

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Nothing yet."""
