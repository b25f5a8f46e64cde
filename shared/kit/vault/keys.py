"""The vault's keys: files outside the database and its backups.

Owns reading and making the key files, wrapping data keys, and the keyed digests. Must not know what is sealed,
and never writes a key anywhere but into its folder.

Files in the folder, each 32 random bytes, mode 0600:
`vault.kek` the first key encryption key; `vault.kek.2`, `vault.kek.3`, ... newer ones, of which the newest wraps
and all unwrap; `vault.digest` the root of the digests, kept from the first rotation on. Until then the root is
derived from `vault.kek`. It outlives the wrapping keys, because digests cannot be computed anew without opening
every document.
"""

import hashlib
import hmac
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.kit.decisions.types import UniqueKey
from shared.kit.vault.errors import DocumentUnreadable, VaultKeyInUse, VaultKeyMissing, VaultKeyUnsafe

KEY_BYTES = 32
KEY_ID_BYTES = 8
NONCE_BYTES = 12
FIRST_FILE = "vault.kek"
DIGEST_FILE = "vault.digest"

_GENERATION = re.compile(r"vault\.kek\.([2-9]|[1-9][0-9]{1,5})")
_WRAP_DOMAIN = b"tanggap-data-key-v1\x00"


@dataclass(frozen=True, repr=False)
class VaultKeys:
    """The keys of one vault, in memory. No representation shows them."""

    folder: Path
    current: bytes
    _wrapping: Mapping[bytes, AESGCM]
    _unique: bytes
    _fingerprint: bytes
    digest_id: bytes
    _cipher: AESGCM = field(init=False)
    _associated: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_cipher", self._wrapping[self.current])
        object.__setattr__(self, "_associated", _WRAP_DOMAIN + self.current)

    @property
    def wrapping_ids(self) -> frozenset[bytes]:
        """The ids of all keys that can unwrap; `current` is the one that wraps."""
        return frozenset(self._wrapping)

    def wrap(self, data_key: bytes, nonce: bytes) -> bytes:
        """A data key under the newest key: key id (8 bytes), nonce (12), AES-256-GCM ciphertext and tag (48).

        `nonce` is random and new for every call. Source: NIST SP 800-38D, 8.3: at most 2**32 wraps a key with
        random nonces, 1,000 times the documents of the worst year on record.
        """
        return self.current + nonce + self._cipher.encrypt(nonce, data_key, self._associated)

    def unwrap(self, wrapped: bytes) -> bytes:
        """The data key inside. Raises: vault-document-unreadable."""
        key_id, nonce, sealed = wrapped[:KEY_ID_BYTES], wrapped[KEY_ID_BYTES:20], wrapped[20:]
        cipher = self._wrapping.get(key_id)
        if cipher is None:
            raise DocumentUnreadable
        try:
            return cipher.decrypt(nonce, sealed, _WRAP_DOMAIN + key_id)
        except InvalidTag as error:
            raise DocumentUnreadable from error

    def digest(self, scope: str, value: str) -> UniqueKey:
        """The unique key of a value such as a NIK, spelled the one way its scope prescribes.

        Why keyed: a NIK is a district, a birth date and a serial of four digits, so a plain hash is undone by at
        most 9,999 tries.
        """
        return UniqueKey(scope, hmac.digest(self._unique, f"{scope}\x00{value}".encode(), "sha256"))

    def fingerprint(self, canonical_bytes: bytes) -> bytes:
        """The keyed digest of what a command asked for, kept with its idempotency key: 32 bytes."""
        return hmac.digest(self._fingerprint, canonical_bytes, "sha256")


def load_keys(folder: Path) -> VaultKeys:
    """The keys in a folder. Raises: vault-key-missing, vault-key-unsafe."""
    files = _wrapping_files(folder)
    if not files:
        raise VaultKeyMissing(file=FIRST_FILE)
    wrapping = {_key_id(key): AESGCM(key) for key in map(_read, files)}
    root = _digest_root(folder)
    return VaultKeys(
        folder=folder,
        current=_key_id(_read(files[-1])),
        _wrapping=wrapping,
        _unique=_derive(root, b"tanggap-unique-key-v1"),
        _fingerprint=_derive(root, b"tanggap-request-fingerprint-v1"),
        digest_id=_key_id(root),
    )


def make_first_key(folder: Path) -> None:
    """Make the first key of a new installation. Raises: FileExistsError rather than replace one."""
    _write_new(folder / FIRST_FILE, os.urandom(KEY_BYTES))


def add_key(folder: Path) -> None:
    """Begin a rotation: from the next start on a new key wraps, and the older ones still unwrap.

    Raises: vault-key-missing, vault-key-unsafe.
    """
    files = _wrapping_files(folder)
    if not files:
        raise VaultKeyMissing(file=FIRST_FILE)
    root = _digest_root(folder)
    if not (folder / DIGEST_FILE).exists():
        _write_new(folder / DIGEST_FILE, root)
    _write_new(folder / f"{FIRST_FILE}.{_generation(files[-1]) + 1}", os.urandom(KEY_BYTES))


def destroy_key(folder: Path, key_id: bytes) -> None:
    """End a rotation: remove an older key. What only it opens, old backups included, is unreadable from now on.

    The caller has shown that no document needs it (`rotation.retire_key`). Raises: vault-key-in-use.
    """
    files = _wrapping_files(folder)
    for file in files[:-1]:
        if _key_id(_read(file)) == key_id:
            file.unlink()
            _sync_folder(folder)
            return
    raise VaultKeyInUse(key_id=key_id.hex())


def _wrapping_files(folder: Path) -> list[Path]:
    found = [
        file for file in folder.glob(f"{FIRST_FILE}*") if file.name == FIRST_FILE or _GENERATION.fullmatch(file.name)
    ]
    return sorted(found, key=_generation)


def _generation(file: Path) -> int:
    return 1 if file.name == FIRST_FILE else int(file.name.rpartition(".")[2])


def _digest_root(folder: Path) -> bytes:
    if (folder / DIGEST_FILE).exists():
        return _read(folder / DIGEST_FILE)
    if not (folder / FIRST_FILE).exists():
        raise VaultKeyMissing(file=DIGEST_FILE)
    return _derive(_read(folder / FIRST_FILE), b"tanggap-digest-root-v1")


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(secret)


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"tanggap-key-id-v1\x00" + key).digest()[:KEY_ID_BYTES]


def _read(file: Path) -> bytes:
    key = file.read_bytes()
    if len(key) != KEY_BYTES or stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise VaultKeyUnsafe(file=file.name)
    return key


def _write_new(file: Path, key: bytes) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as handle:
        handle.write(key)
        handle.flush()
        os.fsync(handle.fileno())
    _sync_folder(file.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
