"""Sealed documents in the database: written with the batch that logs them, read only with a record of who and why.

Owns the SQL over `vault.document` and `vault.access`. Must not begin or commit a transaction, nor decide who may
read: roles are checked where the request comes in.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit import clock
from shared.kit.database import copy_rows, fetch
from shared.kit.decisions.types import SealedDocument
from shared.kit.vault.documents import Content, Erased, Opening, as_uuid, open_document
from shared.kit.vault.keys import VaultKeys
from shared.kit.vault.tables import document

READ_LIMIT_SUBJECTS = 1000

# A subject's documents by field group (a group never collected is not in it), or the word that they are gone.
Documents = dict[str, Content]

# The subjects come as one text: the driver looks into every element of an array, which costs more than reading it.
_LATEST = (
    "SELECT subject_id, field_group, max(version) FROM vault.document "
    "WHERE subject_id = ANY(CAST(string_to_array($1, ',') AS uuid[])) GROUP BY subject_id, field_group"
)
_COLUMNS = ("subject_id", "field_group", "version", "wrapped_key", "ciphertext")

# One statement, so that no document leaves the database without its record: if the insert fails, nothing is read.
# `erased_at` closes reading from the moment of the request, whether or not the destruction is done.
_READ = """
    WITH asked AS (
      SELECT subject_id, place FROM unnest(CAST(:subjects AS uuid[])) WITH ORDINALITY AS a(subject_id, place)
    ), recorded AS (
      INSERT INTO vault.access (at, actor, role, purpose, subject_id, field_groups, request_id)
      SELECT CAST(:at AS timestamptz), CAST(:actor AS text), CAST(:role AS text), CAST(:purpose AS text),
             subject_id, CAST(:groups AS text[]), CAST(:request_id AS text)
        FROM asked
    )
    SELECT a.place, e.requested_at AS erased_at, d.field_group, d.version, d.wrapped_key, d.ciphertext
      FROM asked a
      LEFT JOIN vault.erasure e ON e.subject_id = a.subject_id
      LEFT JOIN LATERAL (
        SELECT {distinct} field_group, version, wrapped_key, ciphertext
          FROM vault.document
         WHERE subject_id = a.subject_id AND e.subject_id IS NULL AND field_group = ANY(CAST(:groups AS text[]))
         ORDER BY field_group, version DESC
      ) d ON true
     ORDER BY a.place, d.field_group, d.version
"""
_READ_LATEST = sa.text(_READ.format(distinct="DISTINCT ON (field_group)"))
_READ_VERSIONS = sa.text(_READ.format(distinct=""))


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads personal data and why. `purpose` is a fixed word such as `verify_claim`, never free text."""

    actor: str
    role: str
    purpose: str
    request_id: str


async def write_documents(connection: AsyncConnection, documents: Sequence[SealedDocument]) -> None:
    """Keep sealed documents inside the connection's open transaction, a second one of a group as its next version.

    Documents of an erased subject leave nothing behind (a trigger of the table). Two transactions correcting
    one group at once: the later gets a unique violation and runs again.
    """
    if not documents:
        return
    latest = await fetch(connection, _LATEST, ",".join({one.subject_id for one in documents}))
    versions: dict[tuple[str, str], int] = {(subject.hex, group): version for subject, group, version in latest}
    rows = []
    for subject_id, field_group, wrapped_key, ciphertext in documents:
        place = (subject_id.replace("-", "").lower(), field_group)
        version = versions[place] = versions.get(place, 0) + 1
        rows.append((subject_id, field_group, version, wrapped_key, ciphertext))
    await copy_rows(connection, document, _COLUMNS, rows)


async def read_documents(
    connection: AsyncConnection, subject_ids: Sequence[str], *, groups: Sequence[str], reader: Reader, keys: VaultKeys
) -> dict[str, Documents | Erased]:
    """The latest documents of each subject, with an access record a subject written by the same statement.

    The caller commits before it shows anything. Every subject asked for stands in the answer.
    Raises: vault-document-unreadable, vault-subject-malformed.
    """
    found: dict[str, Documents | Erased] = {}
    for place, row in await _rows(connection, _READ_LATEST, subject_ids, groups=groups, reader=reader):
        subject_id = subject_ids[place]
        if row.erased_at is not None:
            found[subject_id] = Erased(subject_id, row.erased_at)
            continue
        documents = found.setdefault(subject_id, {})
        if row.field_group is not None and isinstance(documents, dict):
            documents[row.field_group] = _open(keys, subject_id, row).document
    return found


async def read_openings(
    connection: AsyncConnection, subject_id: str, *, groups: Sequence[str], reader: Reader, keys: VaultKeys
) -> dict[str, tuple[Opening, ...]] | Erased:
    """Every version of a subject's documents with its salt, oldest first: for an auditor's lawful opening and appeals.

    Leaves an access record as `read_documents` does. Raises: as there.
    """
    openings: dict[str, tuple[Opening, ...]] = {}
    for _, row in await _rows(connection, _READ_VERSIONS, [subject_id], groups=groups, reader=reader):
        if row.erased_at is not None:
            return Erased(subject_id, row.erased_at)
        if row.field_group is not None:
            openings[row.field_group] = (*openings.get(row.field_group, ()), _open(keys, subject_id, row))
    return openings


async def _rows(
    connection: AsyncConnection,
    query: sa.TextClause,
    subject_ids: Sequence[str],
    *,
    groups: Sequence[str],
    reader: Reader,
) -> list[tuple[int, sa.Row[tuple[object, ...]]]]:
    if len(subject_ids) > READ_LIMIT_SUBJECTS:
        raise ValueError(f"at most {READ_LIMIT_SUBJECTS} subjects are read at once")
    values = {
        "subjects": [as_uuid(subject_id) for subject_id in subject_ids],
        "groups": list(groups),
        "at": clock.now(),
        "actor": reader.actor,
        "role": reader.role,
        "purpose": reader.purpose,
        "request_id": reader.request_id,
    }
    return [(row.place - 1, row) for row in await connection.execute(query, values)]


def _open(keys: VaultKeys, subject_id: str, row: sa.Row[tuple[object, ...]]) -> Opening:
    sealed = SealedDocument(subject_id, row.field_group, row.wrapped_key, row.ciphertext)
    return open_document(keys, sealed, row.version)
