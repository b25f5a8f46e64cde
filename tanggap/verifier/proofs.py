"""A proof that one event is in the log: made from an export, checked from a single small file.

Owns the file's form (C2SP tlog-proof, with the event itself as its `extra` line) and what such a file shows. Whoever
has the file and the log's public key can check it, with nothing else and without asking anybody.

Source: C2SP tlog-proof v1; RFC 6962 section 2.1.1.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from tanggap.verifier.archive import HASH_BYTES, LEAF_BYTES_MAX, Archive, BadArchive
from tanggap.verifier.merkle import BadProof, Forest, leaf_hash, root_from_inclusion
from tanggap.verifier.notes import BadNote, Checkpoint, Key, read_checkpoint

HEADER = "c2sp.org/tlog-proof@v1"
PROOF_LENGTH_MAX = 2 * LEAF_BYTES_MAX
HASHES_MAX = 63
_POSITION_DIGITS_MAX = 19


class NotInExport(LookupError):
    """The export holds no event with this id, or no such position."""


@dataclass(frozen=True, slots=True)
class Proven:
    """What a proof shows: this event stands at this position of the log that signed this checkpoint.

    `checkpoint.signed_by` is empty where no key was given: then nothing is shown but that the file fits itself.
    """

    position: int
    leaf: bytes
    checkpoint: Checkpoint


def find(archive: Archive, size: int, event_id: str) -> int:
    """The position of the event with this id. Raises: NotInExport, BadArchive."""
    needle = orjson.dumps(event_id)
    for segment in archive.segments(size):
        position = segment.first - 1
        for lines in archive.lines(segment):
            for leaf in lines:
                position += 1
                if needle in leaf and _id_of(leaf) == event_id:
                    return position
    raise NotInExport(f"no event has the id {event_id}")


def _id_of(leaf: bytes) -> object:
    try:
        event = orjson.loads(leaf)
    except orjson.JSONDecodeError:
        return None
    return event.get("id") if isinstance(event, dict) else None


def prove(directory: Path, event: str) -> str:
    """The proof, as text, that an event (its position, or its id) is in the log an export ends with.

    Raises: NotInExport, BadArchive, BadNote; BadProof when entry, tiles and checkpoint do not fit together.
    """
    archive = Archive.open(directory)
    end = read_checkpoint(archive.end(), ())
    is_position = event.isascii() and event.isdigit() and len(event) <= _POSITION_DIGITS_MAX
    position = int(event) if is_position else find(archive, end.size, event)
    if not 0 < position <= end.size:
        raise NotInExport(f"the export holds the positions 1 to {end.size}")
    leaf = _leaf_at(archive, position, end.size)
    hashes = _Hashes(archive, end.size)
    path = [hashes.root(first, last) for first, last in _siblings(position - 1, end.size)]
    if root_from_inclusion(leaf_hash(leaf), position - 1, end.size, path) != end.root:
        raise BadProof("the export's entry, tiles and checkpoint do not fit together; verify it first")
    lines = [HEADER, f"extra {_text(leaf)}", f"index {position - 1}", *map(_text, path), "", end.note]
    return "\n".join(lines)


def check(proof: str, keys: Sequence[Key] = ()) -> Proven:
    """What a proof shows, given the log's public keys.

    Raises: BadProof, BadNote when it is malformed, does not lead to its checkpoint's root, is about another log's
    event, or is signed by none of the keys.
    """
    if len(proof) > PROOF_LENGTH_MAX:
        raise BadProof("the proof is longer than a proof can be")
    head, blank, note = proof.partition("\n\n")
    lines = head.split("\n")
    if not blank or len(lines) < 3 or lines[0] != HEADER or len(lines) - 3 > HASHES_MAX:
        raise BadProof("not a proof in the form tlog-proof v1")
    leaf = _bytes(_after("extra ", lines[1]))
    index = _number(_after("index ", lines[2]))
    checkpoint = read_checkpoint(note, keys)
    path = [_bytes(line) for line in lines[3:]]
    if root_from_inclusion(leaf_hash(leaf), index, checkpoint.size, path) != checkpoint.root:
        raise BadProof("the proof does not lead from the event to the checkpoint's root")
    _check_source(leaf, checkpoint.origin)
    if keys and not checkpoint.signed_by:
        raise BadNote("the proof's checkpoint is signed by none of the given keys")
    return Proven(index + 1, leaf, checkpoint)


def _check_source(leaf: bytes, origin: str) -> None:
    try:
        source = orjson.loads(leaf)["source"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise BadProof("what the proof is about is not an event") from error
    if source != "urn:" + origin.replace("/", ":"):
        raise BadProof("the event belongs to another log")


def _leaf_at(archive: Archive, position: int, size: int) -> bytes:
    segment = archive.segment_of(position, size)
    skipped = segment.first
    for lines in archive.lines(segment):
        if position < skipped + len(lines):
            return lines[position - skipped]
        skipped += len(lines)
    raise BadArchive(f"the entry at position {position} is missing")


class _Hashes:
    """Subtree roots over ranges of an export's leaf hashes, read a segment at a time."""

    def __init__(self, archive: Archive, size: int) -> None:
        self._archive = archive
        self._size = size
        self._read: tuple[int, bytes] = (0, b"")

    def root(self, first: int, last: int) -> bytes:
        """The root over the positions `first` to `last`, as a tree of their own."""
        forest = Forest()
        while first <= last:
            segment = self._archive.segment_of(first, self._size)
            if self._read[0] != segment.first:
                self._read = (segment.first, self._archive.hashes(segment))
            end = min(last, segment.last)
            spans = range((first - segment.first) * HASH_BYTES, (end - segment.first + 1) * HASH_BYTES, HASH_BYTES)
            forest.add([self._read[1][at : at + HASH_BYTES] for at in spans])
            first = end + 1
        return forest.root()


def _siblings(index: int, size: int) -> list[tuple[int, int]]:
    """First and last position of each subtree next to the way from a leaf to the root, lowest first."""
    first, count, found = 0, size, []
    while count > 1:
        left = 1 << ((count - 1).bit_length() - 1)
        if index - first < left:
            found.append((first + left + 1, first + count))
            count = left
        else:
            found.append((first + 1, first + left))
            first, count = first + left, count - left
    return found[::-1]


def _after(word: str, line: str) -> str:
    if not line.startswith(word):
        raise BadProof(f"a line begins with {word.strip()}")
    return line.removeprefix(word)


def _number(text: str) -> int:
    plain = text.isascii() and text.isdigit() and len(text) <= _POSITION_DIGITS_MAX
    if not plain or str(int(text)) != text:
        raise BadProof("the index is a plain decimal number")
    return int(text)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _bytes(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise BadProof("not base64") from error
    if _text(raw) != text:
        raise BadProof("not canonical base64")
    return raw
