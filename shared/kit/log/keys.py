"""The files beside a service: its log's signing keys and the last checkpoint it signed.

Owns `<service>.log.key` (secret, 0600), `<service>.log.pub` (C2SP verifying key), their `.next` twins while a key
is being changed, and `<service>.log.checkpoint`. Everything is written so that a crash leaves the old or the new
file, never half of one. Must not sign and must not touch a database.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from shared.kit.log.errors import KeyProblem
from shared.kit.log.notes import NoteMalformed, Signer, Verifier

SECRET_MODE = 0o600
PUBLIC_MODE = 0o644


def write_durably(path: Path, content: bytes, *, mode: int = PUBLIC_MODE) -> None:
    """Put a file in place whole and on disk: temporary file, fsync, rename, fsync of the directory."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make renames in a directory survive a power cut."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class LogFiles:
    """Where a service's log keys and its kept checkpoint are."""

    directory: Path
    service: str

    @property
    def key(self) -> Path:
        """The signing key. Secret."""
        return self.directory / f"{self.service}.log.key"

    @property
    def public(self) -> Path:
        """The verifying key, for auditors to copy once and keep."""
        return self.directory / f"{self.service}.log.pub"

    @property
    def next_key(self) -> Path:
        """The signing key that will replace the present one. Secret."""
        return self.directory / f"{self.service}.log.next.key"

    @property
    def next_public(self) -> Path:
        """The verifying key that will replace the present one."""
        return self.directory / f"{self.service}.log.next.pub"

    @property
    def kept_checkpoint(self) -> Path:
        """The last checkpoint signed, outside the database and its backups."""
        return self.directory / f"{self.service}.log.checkpoint"

    def keep(self, note: str) -> None:
        """Remember a signed checkpoint outside the database. Blocks until it is on disk."""
        write_durably(self.kept_checkpoint, note.encode())

    def kept(self) -> str | None:
        """The last checkpoint remembered, if any was."""
        return self.kept_checkpoint.read_text(encoding="utf-8") if self.kept_checkpoint.exists() else None


def create_log_key(files: LogFiles, origin: str) -> Signer:
    """Make the signing key of a new log; if there is one already, the key that is there.

    Raises: KeyProblem if the key there belongs to another log.
    """
    if not files.key.exists():
        files.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        signer = Signer.generate(origin)
        write_durably(files.public, signer.verifier.text.encode() + b"\n")
        write_durably(files.key, signer.text.encode() + b"\n", mode=SECRET_MODE)
    return load_signers(files, origin)[0]


def load_signers(files: LogFiles, origin: str) -> list[Signer]:
    """The keys that sign now: one, or the present and the next while the key is being changed.

    Raises: KeyProblem when a key is missing, readable by others, malformed, or another log's.
    """
    paths = [files.key, *([files.next_key] if files.next_key.exists() else [])]
    return [_load(path, origin) for path in paths]


def load_verifiers(files: LogFiles) -> list[Verifier]:
    """The public keys beside the service. Raises: KeyProblem."""
    found = []
    for path in (files.public, files.next_public):
        if path.exists():
            try:
                found.append(Verifier.parse(path.read_text(encoding="utf-8")))
            except NoteMalformed as error:
                raise KeyProblem(f"{path.name}: {error}") from error
    return found


def create_next_key(files: LogFiles, origin: str) -> Verifier:
    """Begin a change of keys: from the next checkpoint on, the new key signs beside the present one.

    The caller logs `log_key_added` with the returned key before a checkpoint is signed by it alone.
    """
    if not files.next_key.exists():
        signer = Signer.generate(origin)
        write_durably(files.next_public, signer.verifier.text.encode() + b"\n")
        write_durably(files.next_key, signer.text.encode() + b"\n", mode=SECRET_MODE)
    return _load(files.next_key, origin).verifier


def retire_present_key(files: LogFiles) -> None:
    """End a change of keys: the new key signs alone.

    Call it only after a checkpoint over the `log_key_added` leaf was signed by both.
    """
    if not files.next_key.exists():
        raise KeyProblem("no next key was created")
    files.next_key.replace(files.key)
    files.next_public.replace(files.public)
    sync_directory(files.directory)


def _load(path: Path, origin: str) -> Signer:
    if not path.exists():
        raise KeyProblem(f"{path.name} is missing")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyProblem(f"{path.name} can be read by others")
    try:
        signer = Signer.parse(path.read_text(encoding="utf-8"))
    except NoteMalformed as error:
        raise KeyProblem(f"{path.name}: {error}") from error
    if signer.name != origin:
        raise KeyProblem(f"{path.name} belongs to {signer.name}, not to {origin}")
    return signer
