"""Checkpoints as C2SP signed notes: what a log says about itself, in a text anyone can check.

Owns the text forms (note, checkpoint body, signing key, verifying key) and Ed25519 over them. Must not touch a
file or a database, and never decides whether a checkpoint may be signed.

Source: C2SP signed-note, tlog-checkpoint.
"""

import base64
import binascii
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

ED25519 = b"\x01"
NOTE_BYTES_MAX = 16_384
SIGNATURES_MAX = 16
_DASH = "— "


class NoteMalformed(ValueError):
    """A text is not a signed note, a checkpoint or a key in C2SP's form."""


def origin_of(source: str) -> str:
    """The checkpoint origin of the log whose events carry `source`: `tanggap/<installation>/<service>/<log id>`."""
    return source.removeprefix("urn:").replace(":", "/")


def key_id(name: str, public_key: bytes) -> bytes:
    """The four bytes by which a signature names its key; `public_key` is the raw 32 bytes."""
    return sha256(name.encode() + b"\n" + ED25519 + public_key).digest()[:4]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log's owner signs: at `size` leaves the tree's root was `root`."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        """The note's text, which is what is signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class Verifier:
    """A public key that may vouch for checkpoints, under the name it signs with."""

    name: str
    public_key: bytes

    @property
    def text(self) -> str:
        """The key in C2SP's text form: name, key id and key."""
        encoded = base64.b64encode(ED25519 + self.public_key).decode()
        return f"{self.name}+{key_id(self.name, self.public_key).hex()}+{encoded}"

    @classmethod
    def parse(cls, text: str) -> "Verifier":
        """Read a key's text. Raises: NoteMalformed."""
        name, raw = _parse_key(text.strip().split("+", 2), 33)
        key = cls(name, raw)
        if key.text != text.strip():
            raise NoteMalformed("the verifying key's id does not belong to it")
        return key

    def accepts(self, body: str, signature: bytes) -> bool:
        """Whether the signature is this key's over the note's text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, body.encode())
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """The private key a log signs its checkpoints with."""

    name: str
    _key: Ed25519PrivateKey

    @classmethod
    def generate(cls, name: str) -> "Signer":
        """A new key under the log's origin."""
        if not name or "+" in name or any(letter.isspace() for letter in name):
            raise NoteMalformed("a key's name has neither spaces nor plus signs")
        return cls(name, Ed25519PrivateKey.generate())

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.name, self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    @property
    def text(self) -> str:
        """The private key in the text form of Go's note package. Secret."""
        seed = self._key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        encoded = base64.b64encode(ED25519 + seed).decode()
        return f"PRIVATE+KEY+{self.name}+{key_id(self.name, self.verifier.public_key).hex()}+{encoded}"

    @classmethod
    def parse(cls, text: str) -> "Signer":
        """Read a private key's text. Raises: NoteMalformed, which never quotes the key."""
        stripped = text.strip()
        if not stripped.startswith("PRIVATE+KEY+"):
            raise NoteMalformed("not a signing key")
        name, seed = _parse_key(stripped.removeprefix("PRIVATE+KEY+").split("+", 2), 33)
        signer = cls(name, Ed25519PrivateKey.from_private_bytes(seed))
        if signer.text != stripped:
            raise NoteMalformed("the signing key's id does not belong to it")
        return signer

    def signature_line(self, body: str) -> str:
        """This key's signature over a note's text, as the line that goes below it."""
        signature = key_id(self.name, self.verifier.public_key) + self._key.sign(body.encode())
        return f"{_DASH}{self.name} {base64.b64encode(signature).decode()}\n"

    def __repr__(self) -> str:
        return f"Signer({self.name!r})"


def _parse_key(parts: Sequence[str], length: int) -> tuple[str, bytes]:
    if len(parts) != 3:
        raise NoteMalformed("a key has three parts: name, id and key")
    raw = _decode(parts[2])
    if len(raw) != length or raw[:1] != ED25519:
        raise NoteMalformed("not an Ed25519 key")
    return parts[0], raw[1:]


def _decode(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteMalformed("not base64") from error
    if base64.b64encode(raw).decode() != text:
        raise NoteMalformed("not canonical base64")
    return raw


def sign(checkpoint: Checkpoint, signers: Sequence[Signer]) -> str:
    """The signed note of a checkpoint: by one key, or by the old and the new one while the key changes."""
    body = checkpoint.body()
    return body + "\n" + "".join(signer.signature_line(body) for signer in signers)


def parse(note: str) -> Checkpoint:
    """What a note says, whoever signed it. Raises: NoteMalformed."""
    return _checkpoint(_split(note)[0])


def verified(note: str, verifiers: Iterable[Verifier]) -> Checkpoint | None:
    """What a note says, if at least one of the keys signed it and none of their signatures is wrong.

    Signatures by unknown keys are ignored, as C2SP asks. Raises: NoteMalformed.
    """
    body, signatures = _split(note)
    known = {(key.name, key_id(key.name, key.public_key)): key for key in verifiers}
    signed = False
    for name, raw in signatures:
        key = known.get((name, raw[:4]))
        if key is None:
            continue
        if not key.accepts(body, raw[4:]):
            return None
        signed = True
    checkpoint = _checkpoint(body)
    return checkpoint if signed and all(key.name == checkpoint.origin for key in known.values()) else None


def _split(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    if len(note) > NOTE_BYTES_MAX or not note.endswith("\n"):
        raise NoteMalformed("not a signed note")
    text, separator, tail = note.rpartition("\n\n")
    lines = tail.splitlines()
    if not separator or not 0 < len(lines) <= SIGNATURES_MAX:
        raise NoteMalformed("a signed note ends in signature lines")
    signatures = []
    for line in lines:
        name, space, encoded = line.removeprefix(_DASH).partition(" ")
        if not line.startswith(_DASH) or not space or not name:
            raise NoteMalformed("a signature line names its key")
        signatures.append((name, _decode(encoded)))
    return text + "\n", signatures


def _checkpoint(body: str) -> Checkpoint:
    lines = body.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0]:
        raise NoteMalformed("a checkpoint is origin, size and root")
    if not (lines[1].isascii() and lines[1].isdigit()) or str(int(lines[1])) != lines[1]:
        raise NoteMalformed("the size is a plain decimal number")
    root = _decode(lines[2])
    if len(root) != 32:
        raise NoteMalformed("the root is a SHA-256")
    return Checkpoint(lines[0], int(lines[1]), root)
