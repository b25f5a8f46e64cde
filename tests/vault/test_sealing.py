"""Sealed documents open only as what they are, and their commitments only with their own salt."""

import hashlib
import os
from pathlib import Path
from typing import Any

import orjson
import pytest
import rfc8785
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kit import clock
from shared.kit.decisions.types import SealedDocument
from shared.kit.vault.documents import open_document, seal, seal_many
from shared.kit.vault.errors import DocumentNotCanonical, DocumentUnreadable, SubjectMalformed
from shared.kit.vault.keys import VaultKeys
from tests.vault.builders import BUDI, SITI, new_keys

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
_LEAF = _TEXT | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1)
_NAME = st.text(st.characters(max_codepoint=127), max_size=20)
_VALUE = st.recursive(_LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAME, inner, max_size=3))
CONTENT = st.dictionaries(_NAME, _VALUE, max_size=6)


@pytest.fixture(scope="module")
def module_keys(tmp_path_factory: pytest.TempPathFactory) -> VaultKeys:
    return new_keys(tmp_path_factory.mktemp("vault") / "keys")


@given(CONTENT)
def test_a_sealed_document_opens_as_it_was(module_keys: VaultKeys, content: dict[str, Any]) -> None:
    """Sealing loses and adds nothing, whatever a field group holds."""
    sealed, commitment = seal(module_keys, clock.new_id(), "identity", content)
    opening = open_document(module_keys, sealed)
    assert opening.document == content
    assert opening.commitment == commitment


@given(CONTENT)
def test_anyone_with_salt_and_document_can_check_the_commitment(
    module_keys: VaultKeys, content: dict[str, Any]
) -> None:
    """The commitment is plain SHA-256 over published parts: an auditor needs none of our code to open it."""
    sealed, commitment = seal(module_keys, clock.new_id(), "identity", content)
    opening = open_document(module_keys, sealed)
    assert len(opening.salt) == 32
    by_hand = b"tanggap-commitment-v1" + b"\x00" + opening.salt + rfc8785.dumps(content)
    assert commitment == hashlib.sha256(by_hand).hexdigest()


def test_equal_documents_have_unlike_commitments_keys_and_ciphertexts(keys: VaultKeys) -> None:
    """Nobody can tell from an event or a row that two people share a name or a NIK."""
    sealed = seal_many(keys, [(clock.new_id(), "identity", SITI) for _ in range(200)])
    assert len({commitment for _, commitment in sealed}) == 200
    assert len({document.ciphertext for document, _ in sealed}) == 200
    assert len({document.wrapped_key for document, _ in sealed}) == 200
    assert len({keys.unwrap(document.wrapped_key) for document, _ in sealed}) == 200


def test_a_batch_is_sealed_in_order(keys: VaultKeys) -> None:
    """Sealing many gives each its own document, as sealing one by one would."""
    groups = [(clock.new_id(), "identity", SITI), (clock.new_id(), "contact", {"phone": "+628110000001"})]
    sealed = seal_many(keys, groups)
    assert [(document.subject_id, document.field_group) for document, _ in sealed] == [group[:2] for group in groups]
    assert [open_document(keys, document).document for document, _ in sealed] == [group[2] for group in groups]
    assert seal_many(keys, []) == []


def test_nothing_of_a_document_shows_in_its_sealed_form(keys: VaultKeys) -> None:
    """The database sees no word of what it keeps."""
    sealed, _ = seal(keys, clock.new_id(), "identity", SITI)
    assert b"Kanarimawati" not in sealed.ciphertext + sealed.wrapped_key
    assert b"6206014501909999" not in sealed.ciphertext + sealed.wrapped_key


def test_a_document_opens_for_no_other_subject(keys: VaultKeys) -> None:
    """A row copied to another person's id does not open: nobody is paid under a swapped identity."""
    sealed, _ = seal(keys, clock.new_id(), "identity", SITI)
    swapped = SealedDocument(clock.new_id(), "identity", sealed.wrapped_key, sealed.ciphertext)
    with pytest.raises(DocumentUnreadable):
        open_document(keys, swapped)


def test_a_document_opens_for_no_other_field_group(keys: VaultKeys) -> None:
    """Health data moved into the group of names does not open there."""
    sealed, _ = seal(keys, clock.new_id(), "vulnerability", SITI)
    with pytest.raises(DocumentUnreadable):
        open_document(keys, SealedDocument(sealed.subject_id, "identity", sealed.wrapped_key, sealed.ciphertext))


def test_a_document_opens_with_no_other_key(keys: VaultKeys, tmp_path: Path) -> None:
    """Another installation's key opens nothing, and neither does another document's."""
    siti, _ = seal(keys, clock.new_id(), "identity", SITI)
    budi, _ = seal(keys, clock.new_id(), "identity", BUDI)
    with pytest.raises(DocumentUnreadable):
        open_document(new_keys(tmp_path / "foreign"), siti)
    with pytest.raises(DocumentUnreadable):
        open_document(keys, SealedDocument(siti.subject_id, siti.field_group, budi.wrapped_key, siti.ciphertext))


def test_every_changed_byte_is_noticed(keys: VaultKeys) -> None:
    """One flipped bit anywhere in the wrapped key or the ciphertext, or a byte cut off, and it does not open."""
    sealed, _ = seal(keys, clock.new_id(), "identity", BUDI)
    stored = sealed.wrapped_key + sealed.ciphertext
    split = len(sealed.wrapped_key)
    changed = [bytes([*stored[:at], stored[at] ^ 1, *stored[at + 1 :]]) for at in range(len(stored))]
    for one in [*changed, stored[:-1]]:
        with pytest.raises(DocumentUnreadable):
            open_document(keys, SealedDocument(sealed.subject_id, "identity", one[:split], one[split:]))


@pytest.mark.parametrize("value", [None, 1.5, [None], {"a": 2.0}, 2**53, "\ud800", b"x", {"é": 1}])
def test_a_value_without_one_spelling_is_refused_and_not_shown(keys: VaultKeys, value: object) -> None:
    """What could not be opened later is refused at once, by an error that holds nothing of the document."""
    with pytest.raises(DocumentNotCanonical) as refused:
        seal(keys, clock.new_id(), "identity", {"name": "Kanari", "other": value})
    assert "Kanari" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "subject_id", ["", "6206014501909999", "Siti", "0199f0aa-bbbb-7ccc-8ddd-eeeeffff00", "zz" * 16]
)
def test_a_subject_is_a_uuid_and_never_a_number_of_a_person(keys: VaultKeys, subject_id: str) -> None:
    """A NIK or a name in the place of a subject id would be personal data in clear."""
    with pytest.raises(SubjectMalformed):
        seal(keys, subject_id, "identity", SITI)


def test_the_spelling_of_a_subject_id_does_not_matter(keys: VaultKeys) -> None:
    """The database writes UUIDs in its own way; a document still opens."""
    sealed, _ = seal(keys, clock.new_id().upper(), "identity", SITI)
    lower = SealedDocument(sealed.subject_id.lower(), "identity", sealed.wrapped_key, sealed.ciphertext)
    assert open_document(keys, lower).document == SITI


@settings(max_examples=50)
@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_digests_meet_only_for_the_same_value_in_the_same_scope(
    module_keys: VaultKeys, scope: str, value: str, other_scope: str, other_value: str
) -> None:
    """A NIK is found again under its scope, and a KK number of the same digits is not taken for it."""
    scope, other_scope = scope.replace("\x00", ""), other_scope.replace("\x00", "")
    value, other_value = (text.encode("utf-8", "replace").decode() for text in (value, other_value))
    one, other = module_keys.digest(scope, value), module_keys.digest(other_scope, other_value)
    assert (one == other) == ((scope, value) == (other_scope, other_value))
    assert one == module_keys.digest(scope, value)


def test_a_digest_cannot_be_found_without_the_key(keys: VaultKeys, tmp_path: Path) -> None:
    """Whoever has the rows but not the key learns nothing by trying every NIK of a birth date."""
    digest = keys.digest("nik", "6206014501909999").digest
    tried = {hashlib.sha256(text.encode()).digest() for text in ("6206014501909999", "nik\x006206014501909999")}
    assert digest not in tried
    assert digest != new_keys(tmp_path / "foreign").digest("nik", "6206014501909999").digest


def test_fingerprints_and_digests_have_keys_of_their_own(keys: VaultKeys) -> None:
    """A request's fingerprint, which another table keeps, never equals a search digest."""
    assert keys.fingerprint(b"nik\x006206014501909999") != keys.digest("nik", "6206014501909999").digest


def test_no_representation_shows_a_key(keys: VaultKeys) -> None:
    """A key that stood in a log line or a traceback would undo the vault."""
    secret = (keys.folder / "vault.kek").read_bytes()
    assert secret.hex() not in repr(keys)
    assert repr(secret)[2:-1] not in repr(keys)


def test_sealed_content_is_salt_and_canonical_json(keys: VaultKeys) -> None:
    """The stored form is the published one, so that a vault can be read without this code."""
    sealed, _ = seal(keys, clock.new_id(), "identity", SITI)
    bound = b"tanggap-document-v1\x00" + bytes.fromhex(sealed.subject_id.replace("-", "")) + b"identity"
    plain = AESGCM(keys.unwrap(sealed.wrapped_key)).decrypt(bytes(12), sealed.ciphertext, bound)
    assert orjson.loads(plain[32:]) == SITI
    assert plain[32:] == rfc8785.dumps(SITI)


def test_wraps_under_one_nonce_never_happen(keys: VaultKeys) -> None:
    """The nonce under the key encryption key is random for every document: repeated, it would give keys away."""
    sealed = seal_many(keys, [(clock.new_id(), "identity", SITI)] * 500)
    assert len({document.wrapped_key[8:20] for document, _ in sealed}) == 500
    assert keys.wrap(os.urandom(32), os.urandom(12))[:8] == keys.current
