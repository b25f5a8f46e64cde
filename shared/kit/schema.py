"""The kit's tables in a service's database, their triggers and their grants.

Owns the DDL every service's first migration runs, and what the running role may do. Must not know any table of
a service by name.
"""

import sqlalchemy as sa

from shared.kit.decisions import tables as intake
from shared.kit.log import tables as log
from shared.kit.streams import tables as delivery
from shared.kit.vault import tables as vault

SCHEMAS = ("log", "delivery", "intake", "vault")
METADATAS = (log.metadata, delivery.metadata, intake.metadata, vault.metadata)

# Log rows are insert-only for every role; superusers can bypass a trigger, which is why the tree exists.
_INSERT_ONLY = """
CREATE FUNCTION log.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'log.% is insert-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
"""
_TRIGGERS = tuple(
    f"CREATE TRIGGER {table}_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log.{table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()"
    for table in ("entry", "checkpoint")
)

_GRANTS = (
    "GRANT USAGE ON SCHEMA public, log, delivery, intake, vault TO {role}",
    "GRANT SELECT, INSERT ON log.entry, log.checkpoint TO {role}",
    "GRANT SELECT, UPDATE ON log.head TO {role}",
    "GRANT SELECT, INSERT, UPDATE ON log.tile TO {role}",
    "GRANT SELECT, INSERT ON intake.idempotency TO {role}",
    "GRANT SELECT ON intake.fingerprint TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA delivery TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA vault TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
)


def create(connection: sa.Connection) -> None:
    """Create the kit's schemas, tables and triggers. Runs once, in a service's first migration."""
    for schema in SCHEMAS:
        connection.execute(sa.text(f"CREATE SCHEMA {schema}"))
    for metadata in METADATAS:
        metadata.create_all(connection, checkfirst=False)
    connection.execute(sa.text(_INSERT_ONLY))
    for trigger in _TRIGGERS:
        connection.execute(sa.text(trigger))


def drop(connection: sa.Connection) -> None:
    """Remove everything `create` made. For tests of a migration's way back only."""
    for schema in SCHEMAS:
        connection.execute(sa.text(f"DROP SCHEMA {schema} CASCADE"))


def grant(connection: sa.Connection, role: str) -> None:
    """Let the running role do its work and no more; the owner keeps the rest. Safe to repeat."""
    quoted = connection.dialect.identifier_preparer.quote_identifier(role)
    for statement in _GRANTS:
        connection.execute(sa.text(statement.format(role=quoted)))
