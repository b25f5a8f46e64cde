"""The tables of the vault: sealed documents, keyed digests, and who read or erased what.

Owns names, columns and the rules the database itself keeps: access records are insert-only, what was erased stays
erased whoever writes it again, and nothing is written under a key that is not in use. `shared/kit/schema.py`
creates them. Holds ciphertext and digests only; the keys are files outside the database.
"""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

metadata = sa.MetaData(schema="vault")

# A field group of one subject, each version under a data key of its own. A correction adds a version; the older
# ones stay, because the commitments of older events must still open. The subject id is a UUID by type, so no
# NIK, number or name can ever stand in for one.
document = sa.Table(
    "document",
    metadata,
    sa.Column("subject_id", sa.Uuid, primary_key=True),
    sa.Column("field_group", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
    sa.Column("ciphertext", sa.LargeBinary, nullable=False),
    sa.CheckConstraint("version > 0", name="document_version_positive"),
)

# Keyed digests for the search of duplicates. The holder is the subject whose document the value stands in, so
# that erasing the subject finds them.
unique_key = sa.Table(
    "unique_key",
    metadata,
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
)

# One row a subject read: the "processing track record" a person may ask for. Insert-only.
access = sa.Table(
    "access",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("subject_id", sa.Uuid, nullable=False),
    sa.Column("field_groups", pg.ARRAY(sa.Text), nullable=False),
    sa.Column("request_id", sa.Text, nullable=False),
    sa.CheckConstraint("purpose ~ '^[a-z][a-z0-9_]{2,62}$'", name="access_purpose_is_a_word"),
    sa.Index("access_subject", "subject_id", "id"),
)

# From `requested_at` on nothing of the subject is read or written; `completed_at` says the destruction is done.
erasure = sa.Table(
    "erasure",
    metadata,
    sa.Column("subject_id", sa.Uuid, primary_key=True),
    sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("requested_by", sa.Text, nullable=False),
    sa.Column("approved_by", sa.Text, nullable=False),
    sa.Column("completed_at", sa.DateTime(timezone=True)),
    sa.CheckConstraint("approved_by <> requested_by", name="erasure_four_eyes"),
    sa.Index("erasure_holder", sa.text("(subject_id::text)")),
)

# What came under an idempotency key already used for something else, kept for review. `subject_id` is set where
# the content names a subject, so that erasure reaches it.
conflict = sa.Table(
    "conflict",
    metadata,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("received_at", sa.DateTime(timezone=True), nullable=False, index=True),
    sa.Column("subject_id", sa.Uuid),
    sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
    sa.Column("ciphertext", sa.LargeBinary, nullable=False),
)

# The ids of the keys this vault is written with: a start without them is refused. An id says nothing of its key.
key_in_use = sa.Table(
    "key_in_use",
    metadata,
    sa.Column("id", sa.LargeBinary, primary_key=True),
    sa.Column("use", sa.Text, nullable=False),
    sa.Column("since", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("use IN ('wrap', 'digest')", name="key_in_use_use"),
    sa.Index("key_in_use_one_digest", "use", unique=True, postgresql_where=sa.text("use = 'digest'")),
)

# A late or replayed report of an erased subject is accepted elsewhere; here it leaves nothing behind. Nothing is
# written under a key whose retirement has begun: no one could ever open it. Statement triggers cost a look-up a
# batch, and no writer can forget them.
_AFTER_DOCUMENT = """
CREATE FUNCTION vault.after_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM (SELECT DISTINCT substring(a.wrapped_key FROM 1 FOR 8) AS id FROM added a) used
              WHERE NOT EXISTS (SELECT FROM vault.key_in_use k WHERE k.id = used.id AND k.use = 'wrap')) THEN
    RAISE EXCEPTION 'vault.% is written under a key that is not in use', TG_TABLE_NAME
      USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF NOT EXISTS (SELECT FROM added a JOIN vault.erasure e ON e.subject_id = a.subject_id) THEN
    RETURN NULL;
  END IF;
  IF TG_TABLE_NAME = 'document' THEN
    DELETE FROM vault.document d USING added a
     WHERE d.subject_id = a.subject_id AND EXISTS (SELECT FROM vault.erasure e WHERE e.subject_id = a.subject_id);
  ELSE
    DELETE FROM vault.conflict c USING added a
     WHERE c.id = a.id AND EXISTS (SELECT FROM vault.erasure e WHERE e.subject_id = a.subject_id);
  END IF;
  RETURN NULL;
END $$
"""
_AFTER_UNIQUE_KEY = """
CREATE FUNCTION vault.after_unique_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM added a JOIN vault.erasure e ON e.subject_id::text = a.holder) THEN
    RETURN NULL;
  END IF;
  DELETE FROM vault.unique_key k USING added a
   WHERE k.scope = a.scope AND k.digest = a.digest
     AND EXISTS (SELECT FROM vault.erasure e WHERE e.subject_id::text = a.holder);
  RETURN NULL;
END $$
"""
_REFUSE_CHANGE = """
CREATE FUNCTION vault.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'vault.% is insert-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$
"""
# The planner's statistics would keep copies of what they sampled, out of erasure's reach.
_NO_SAMPLES = (
    "ALTER TABLE vault.document ALTER wrapped_key SET STATISTICS 0, ALTER ciphertext SET STATISTICS 0",
    "ALTER TABLE vault.conflict ALTER wrapped_key SET STATISTICS 0, ALTER ciphertext SET STATISTICS 0",
    "ALTER TABLE vault.unique_key ALTER digest SET STATISTICS 0",
)
_TRIGGERS = (
    *(
        f"CREATE TRIGGER {table}_written AFTER INSERT ON vault.{table} REFERENCING NEW TABLE AS added "
        f"FOR EACH STATEMENT EXECUTE FUNCTION vault.{function}()"
        for table, function in (
            ("document", "after_document"),
            ("conflict", "after_document"),
            ("unique_key", "after_unique_key"),
        )
    ),
    "CREATE TRIGGER access_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON vault.access "
    "FOR EACH STATEMENT EXECUTE FUNCTION vault.refuse_change()",
)


@sa.event.listens_for(metadata, "after_create")
def _add_rules(_: sa.MetaData, connection: sa.Connection, **__: object) -> None:
    for statement in (_AFTER_DOCUMENT, _AFTER_UNIQUE_KEY, _REFUSE_CHANGE, *_TRIGGERS, *_NO_SAMPLES):
        connection.exec_driver_sql(statement)
