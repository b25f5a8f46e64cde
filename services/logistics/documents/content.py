"""The canonical bytes of what a letter says, and the words its QR code holds.

Owns both, so that a paper in hand can be compared with the log. Must not decide anything.
"""

import hashlib

from shared.contracts.documents import DocumentContent
from shared.kit.canonical import canonical


def hash_of(content: DocumentContent) -> str:
    """The SHA-256 of a content's canonical bytes."""
    return hashlib.sha256(canonical(content.model_dump(mode="json", exclude_none=True))).hexdigest()


def checked_by(document_id: str, content_sha256: str) -> str:
    """What the QR code says: which letter it is, and the hash of what it must say."""
    return f"urn:tanggap:document:{document_id}:{content_sha256}"
