"""What the vault says when it cannot keep, open or show something.

Owns the domain errors of the vault. They name files, key ids and counts, never content and never a subject.
"""

from shared.kit.errors import DomainError


class VaultKeyMissing(DomainError):
    """The key file is not there. It is never made silently: a new key would make every older document unreadable."""

    slug = "vault-key-missing"
    status = 503
    detail = "The vault's key file %(file)s is missing."
    next_step = "Restore it from the key backup, or make a first one if this installation is new."


class VaultKeyUnsafe(DomainError):
    """A key file others on the machine may read, or that is no key."""

    slug = "vault-key-unsafe"
    status = 503
    detail = "The vault's key file %(file)s must hold 32 bytes and be readable by its owner alone."
    next_step = "Set its mode to 0600, or restore it from the key backup."


class VaultKeyWrong(DomainError):
    """The database was written with a key that is not in the folder."""

    slug = "vault-key-wrong"
    status = 503
    detail = "The database's vault was written with the key %(key_id)s, which is not among the given keys."
    next_step = "Start with the keys of this database, or restore the key from its backup."


class VaultKeyInUse(DomainError):
    """A key file that still opens documents, or the newest one, would be destroyed."""

    slug = "vault-key-in-use"
    status = 409
    detail = "The key %(key_id)s is the newest one or still opens documents."
    next_step = "Wrap every document under a newer key first."


class DocumentUnreadable(DomainError):
    """Ciphertext, key, subject or field group do not belong together: changed outside the service, or another key."""

    slug = "vault-document-unreadable"
    status = 500
    detail = "A document of the vault does not open under its key, subject and field group."
    next_step = "Nothing was shown. Compare the database with its last backup and report the request id."


class DocumentNotCanonical(DomainError):
    """A document with content that has no one spelling: its commitment could not be opened later."""

    slug = "vault-document-not-canonical"
    status = 422
    detail = "A field holds something other than text, a whole number, a truth value, a list or an object."
    next_step = "Leave out empty fields and write numbers whole."


class SubjectMalformed(DomainError):
    """A subject id that is no UUID: a NIK, a number or a name must never stand in its place."""

    slug = "vault-subject-malformed"
    status = 422
    detail = "The id of a person or household is not a UUID."
    next_step = "Use the id under which the person or household was registered."


class ErasureNotRequested(DomainError):
    """Destruction without a request that a second person approved."""

    slug = "vault-erasure-not-requested"
    status = 409
    detail = "This erasure was not requested and approved."
    next_step = "Request it first and have a second person approve it."
