"""Sealed documents in the database: written with the batch that logs them, read only with a record of who and why.

Owns the SQL over `vault.document`, `vault.access` and `vault.conflict`. Must not begin or commit a transaction,
nor decide who may read: roles are checked where the request comes in.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.decisions.types import SealedDocument

_WRITE = sa.text(
    """
    INSERT INTO vault.document (subject_id, field_group, version, wrapped_key, ciphertext)
    SELECT n.subject_id, n.field_group,
           coalesce((SELECT max(d.version) FROM vault.document d
                      WHERE d.subject_id = n.subject_id AND d.field_group = n.field_group), 0)
             + row_number() OVER (PARTITION BY n.subject_id, n.field_group ORDER BY n.place),
           n.wrapped_key, n.ciphertext
      FROM unnest(CAST(:subjects AS uuid[]), CAST(:groups AS text[]), CAST(:keys AS bytea[]), CAST(:texts AS bytea[]))
           WITH ORDINALITY AS n(subject_id, field_group, wrapped_key, ciphertext, place)
    """
)


async def write_documents(connection: AsyncConnection, documents: Sequence[SealedDocument]) -> None:
    """Keep sealed documents inside the connection's open transaction, a second one of a group as its next version.

    Documents of an erased subject leave nothing behind (a trigger of the table). Two transactions correcting
    one group at once: the later gets a unique violation and runs again.
    """
    if not documents:
        return
    columns = {
        "subjects": [document.subject_id for document in documents],
        "groups": [document.field_group for document in documents],
        "keys": [document.wrapped_key for document in documents],
        "texts": [document.ciphertext for document in documents],
    }
    await connection.execute(_WRITE, columns)
