"""The list of completed erasures, kept beside the keys: outside the database, so that no restore forgets them.

Owns the file `vault.erased`: one JSON line an erasure, appended and synced before the erasure counts as completed.
It holds random subject ids, pseudonyms and instants; nothing in it says who a person was.
"""

import fcntl
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson

from shared.kit.canonical import canonical

LIST_FILE = "vault.erased"


@dataclass(frozen=True, slots=True)
class ErasureRecord:
    """One subject to be erased, as one person requested it and another approved it."""

    subject_id: str
    requested_at: datetime
    requested_by: str
    approved_by: str


class ErasureList:
    """The file of completed erasures in the folder of the keys. Replicas on one machine may share it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / LIST_FILE

    def add(self, records: list[ErasureRecord]) -> None:
        """Append erasures and sync them to the disk. Adding one again does no harm."""
        lines = b"".join(canonical(_line(record)) + b"\n" for record in records)
        descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "r+b") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            _cut_torn_line(handle.fileno())
            handle.write(lines)
            handle.flush()
            os.fsync(handle.fileno())

    def read(self) -> list[ErasureRecord]:
        """Every erasure once, oldest first; a line torn by a crash belongs to an erasure that is still pending."""
        if not self._file.exists():
            return []
        whole, _, _torn = self._file.read_bytes().rpartition(b"\n")
        records = [_record(line) for line in whole.splitlines()]
        return list({record.subject_id: record for record in records}.values())


def _line(record: ErasureRecord) -> dict[str, str]:
    return {
        "subject_id": record.subject_id,
        "requested_at": record.requested_at.isoformat(),
        "requested_by": record.requested_by,
        "approved_by": record.approved_by,
    }


def _record(line: bytes) -> ErasureRecord:
    fields = orjson.loads(line)
    return ErasureRecord(
        subject_id=fields["subject_id"],
        requested_at=datetime.fromisoformat(fields["requested_at"]),
        requested_by=fields["requested_by"],
        approved_by=fields["approved_by"],
    )


def _cut_torn_line(descriptor: int) -> None:
    content = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
    os.ftruncate(descriptor, content.rfind(b"\n") + 1)
