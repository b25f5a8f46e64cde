"""C2SP signed notes as an auditor reads them: checkpoints, and the keys that may sign them.

Owns parsing and Ed25519. Written apart from the log's writer and shares nothing with it. Strict: a text that is
not exactly in the form is refused, so that no changed byte goes unnoticed.

Source: C2SP signed-note, tlog-checkpoint.
"""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

NOTE_LENGTH_MAX = 16_384
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_SIGNATURE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+=*)")


class BadNote(ValueError):
    """A text is not a checkpoint, not a key, or its signature is wrong."""


@dataclass(frozen=True, slots=True)
class Key:
    """A log's public key, under the name it signs with (the log's origin)."""

    name: str
    raw: bytes

    @property
    def id(self) -> bytes:
        """The four bytes by which signatures name this key."""
        return sha256(self.name.encode() + b"\n\x01" + self.raw).digest()[:4]

    @property
    def text(self) -> str:
        """The key in C2SP's text form."""
        encoded = base64.b64encode(b"\x01" + self.raw).decode()
        return f"{self.name}+{self.id.hex()}+{encoded}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log claimed: its origin, size and root, and which of the given keys signed that."""

    origin: str
    size: int
    root: bytes
    signed_by: tuple[Key, ...]
    note: str


def make_key(name: str, encoded: str) -> Key:
    """A key from its name and the base64 of its 32 bytes, as `log_key_added` carries it. Raises: BadNote."""
    raw = _base64(encoded)
    if len(raw) != 32:
        raise BadNote("the key is not an Ed25519 key")
    return Key(name, raw)


def parse_key(text: str) -> Key:
    """A key from C2SP's text form `name+id+key`. Raises: BadNote."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3:
        raise BadNote("a key is written name+id+key")
    raw = _base64(parts[2])
    if len(raw) != 33 or raw[0] != 1:
        raise BadNote("the key is not an Ed25519 key")
    key = Key(parts[0], raw[1:])
    if key.text != text.strip():
        raise BadNote("the key's id does not belong to it")
    return key


def read_checkpoint(note: str, keys: Iterable[Key]) -> Checkpoint:
    """What a note claims, and which of the keys signed it; signatures of other keys are passed over.

    Raises: BadNote when the text is malformed or a given key's signature is wrong.
    """
    text, lines = _parts(note)
    origin, size, root = _claim(text)
    signed_by = []
    by_id = {(key.name, key.id): key for key in keys if key.name == origin}
    for line in lines:
        match = _SIGNATURE.fullmatch(line)
        if match is None:
            raise BadNote("a line below the text is not a signature")
        raw = _base64(match[2])
        key = by_id.get((match[1], raw[:4]))
        if key is not None:
            _check_signature(key, raw[4:], text)
            signed_by.append(key)
    return Checkpoint(origin, size, root, tuple(signed_by), note)


def _check_signature(key: Key, signature: bytes, text: str) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.raw).verify(signature, text.encode())
    except InvalidSignature as error:
        raise BadNote("a signature is wrong") from error


def _parts(note: str) -> tuple[str, list[str]]:
    if len(note) > NOTE_LENGTH_MAX or not note.endswith("\n"):
        raise BadNote("not a signed note")
    text, blank, below = note[:-1].partition("\n\n")
    if not blank or not below:
        raise BadNote("not a signed note")
    return text + "\n", below.split("\n")


def _claim(text: str) -> tuple[str, int, bytes]:
    lines = text[:-1].split("\n")
    if len(lines) != 3 or not lines[0] or _NUMBER.fullmatch(lines[1]) is None:
        raise BadNote("a checkpoint is origin, size and root")
    root = _base64(lines[2])
    if len(root) != 32:
        raise BadNote("the root is not a SHA-256")
    return lines[0], int(lines[1]), root


def _base64(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise BadNote("not base64") from error
    if base64.b64encode(raw).decode() != text:
        raise BadNote("not canonical base64")
    return raw
