"""The toy's tables and the kit's."""

from alembic import op

from shared.kit import schema
from tests.kit.toy.tables import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    schema.create(op.get_bind())
    metadata.create_all(op.get_bind())


def downgrade() -> None:
    metadata.drop_all(op.get_bind())
    schema.drop(op.get_bind())
