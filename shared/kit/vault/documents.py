"""Sealing personal data and opening it again.

Owns how a field group becomes ciphertext and a commitment. Must not touch a database, and never lets content
into an error. A sealed document reveals its length; a commitment reveals nothing without its salt.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.kit.canonical import assert_canonical, canonical
from shared.kit.decisions.types import SealedDocument
from shared.kit.vault.errors import DocumentNotCanonical, DocumentUnreadable, SubjectMalformed
from shared.kit.vault.keys import KEY_BYTES, NONCE_BYTES, VaultKeys

SALT_BYTES = 32

_COMMITMENT_DOMAIN = b"tanggap-commitment-v1\x00"
_DOCUMENT_DOMAIN = b"tanggap-document-v1\x00"
_RANDOM_BYTES = KEY_BYTES + SALT_BYTES + NONCE_BYTES
# Every data key encrypts exactly once, so the nonce need not differ.
_ONLY_NONCE = bytes(NONCE_BYTES)

Content = Mapping[str, Any]
Sealed = tuple[SealedDocument, str]


@dataclass(frozen=True, slots=True)
class Opening:
    """A document with the salt that opens its commitment: lawful proof that what is shown is what was logged."""

    version: int
    salt: bytes
    document: Content

    @property
    def commitment(self) -> str:
        """The commitment an event carries for this document, in hex."""
        return _commitment(self.salt + canonical(self.document))


@dataclass(frozen=True, slots=True)
class Erased:
    """A subject whose personal data is gone, or going, since `at`: never None, so no reader can overlook it."""

    subject_id: str
    at: datetime


def seal(keys: VaultKeys, subject_id: str, field_group: str, document: Content) -> Sealed:
    """A field group of one subject, encrypted, and the commitment its event carries.

    Raises: vault-subject-malformed, vault-document-not-canonical.
    """
    return _seal(keys, (subject_id, field_group, document), os.urandom(_RANDOM_BYTES))


def seal_many(keys: VaultKeys, groups: Sequence[tuple[str, str, Content]]) -> list[Sealed]:
    """Many field groups `(subject id, field group, document)` at once, in order. Raises: as `seal`."""
    random = os.urandom(_RANDOM_BYTES * len(groups))
    return [
        _seal(keys, group, random[start : start + _RANDOM_BYTES])
        for group, start in zip(groups, range(0, len(random), _RANDOM_BYTES), strict=True)
    ]


def open_document(keys: VaultKeys, sealed: SealedDocument, version: int = 1) -> Opening:
    """What was sealed. Raises: vault-document-unreadable if any of key, subject, group or ciphertext is another's."""
    data_key = keys.unwrap(sealed.wrapped_key)
    try:
        plain = AESGCM(data_key).decrypt(
            _ONLY_NONCE, sealed.ciphertext, _bound_to(sealed.subject_id, sealed.field_group)
        )
    except InvalidTag as error:
        raise DocumentUnreadable from error
    return Opening(version, plain[:SALT_BYTES], orjson.loads(plain[SALT_BYTES:]))


def as_uuid(subject_id: str) -> UUID:
    """A subject id in the type its columns have. Raises: vault-subject-malformed."""
    try:
        return UUID(subject_id)
    except ValueError:
        raise SubjectMalformed from None


def _seal(keys: VaultKeys, group: tuple[str, str, Content], random: bytes) -> Sealed:
    subject_id, field_group, document = group
    try:
        assert_canonical(document)
        plain = random[KEY_BYTES : KEY_BYTES + SALT_BYTES] + canonical(document)
    except (ValueError, orjson.JSONEncodeError):
        # The cause is cut off: its message could show what was in the document.
        raise DocumentNotCanonical from None
    data_key = random[:KEY_BYTES]
    ciphertext = AESGCM(data_key).encrypt(_ONLY_NONCE, plain, _bound_to(subject_id, field_group))
    wrapped = keys.wrap(data_key, random[KEY_BYTES + SALT_BYTES :])
    return SealedDocument(subject_id, field_group, wrapped, ciphertext), _commitment(plain)


def _commitment(salted: bytes) -> str:
    return hashlib.sha256(_COMMITMENT_DOMAIN + salted).hexdigest()


def _bound_to(subject_id: str, field_group: str) -> bytes:
    try:
        octets = bytes.fromhex(subject_id.replace("-", ""))
    except ValueError:
        raise SubjectMalformed from None
    if len(octets) != 16:
        raise SubjectMalformed
    return _DOCUMENT_DOMAIN + octets + field_group.encode()
