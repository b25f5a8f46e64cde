"""The RFC 6962 tree as an auditor computes it: from leaf hashes, or from a proof's hashes.

Owns hashing and the checking of proofs. Written apart from the log's writer and shares nothing with it.

Source: RFC 6962 section 2.1; the proof checks follow RFC 9162 sections 2.1.3.2 and 2.1.4.2.
"""

from collections.abc import Sequence
from hashlib import sha256

# The root of a perfect subtree, and how many leaves it has.
Subtree = tuple[bytes, int]


class BadProof(ValueError):
    """A proof has the wrong length or does not lead where it should."""


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a leaf's bytes."""
    return sha256(b"\x00" + leaf).digest()


def inner_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two neighbouring subtrees."""
    return sha256(b"\x01" + left + right).digest()


class Forest:
    """The roots of the perfect subtrees of everything seen so far, one for each bit of the count."""

    def __init__(self) -> None:
        self.count = 0
        self._peaks: list[bytes] = []

    def copy(self) -> "Forest":
        """A forest that grows on its own."""
        forest = Forest()
        forest.count, forest._peaks = self.count, list(self._peaks)
        return forest

    def add(self, hashes: Sequence[bytes]) -> None:
        """Append leaf hashes."""
        self.join(subtrees(self.count, hashes))

    def join(self, following: Sequence[Subtree]) -> None:
        """Append leaves by the subtrees they were made into, as `subtrees` gives them for this forest's count."""
        for root, width in following:
            self._join(root, width)

    def _join(self, root: bytes, width: int) -> None:
        count = self.count
        while count & width:
            root = inner_hash(self._peaks.pop(), root)
            count -= width
            width *= 2
        self._peaks.append(root)
        self.count = count + width

    def root(self) -> bytes:
        """The root over everything seen so far."""
        if not self._peaks:
            return sha256(b"").digest()
        root = self._peaks[-1]
        for peak in self._peaks[-2::-1]:
            root = inner_hash(peak, root)
        return root


def subtrees(count: int, hashes: Sequence[bytes]) -> list[Subtree]:
    """The perfect subtrees that leaf hashes form when they follow `count` leaves, as large as they can be."""
    found = []
    at = 0
    while at < len(hashes):
        width = _aligned_width(count + at, len(hashes) - at)
        found.append((_perfect(hashes[at : at + width]), width))
        at += width
    return found


def _aligned_width(count: int, available: int) -> int:
    """The largest power of two that may start at `count` and is available."""
    largest = 1 << (available.bit_length() - 1)
    return min(largest, count & -count) if count else largest


def _perfect(row: Sequence[bytes]) -> bytes:
    while len(row) > 1:
        joined = b"".join(row)
        row = [sha256(b"\x01" + joined[at : at + 64]).digest() for at in range(0, len(joined), 64)]
    return row[0]


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root to which a proof leads from a leaf hash at `index` (0-based) of `size`. Raises: BadProof."""
    if not 0 <= index < size:
        raise BadProof("the leaf is outside the tree")
    first, last, root = index, size - 1, leaf
    for step in _hashes(proof):
        if last == 0:
            raise BadProof("the proof is too long")
        if first & 1 or first == last:
            root = inner_hash(step, root)
            while first and not first & 1:
                first >>= 1
                last >>= 1
        else:
            root = inner_hash(root, step)
        first >>= 1
        last >>= 1
    if last:
        raise BadProof("the proof is too short")
    return root


def roots_from_consistency(old: int, new: int, old_root: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The two roots to which a proof leads that `new` leaves extend `old` leaves. Raises: BadProof.

    The caller compares both with roots it trusts; `old_root` starts the proof where `old` is a power of two.
    """
    if not 0 < old <= new:
        raise BadProof("a tree does not shrink, and nothing is consistent with the empty one")
    steps = _hashes(proof)
    if old == new:
        if steps:
            raise BadProof("the proof is too long")
        return old_root, old_root
    if old & (old - 1) == 0:
        steps = [old_root, *steps]
    if not steps:
        raise BadProof("the proof is too short")
    return _walk_consistency(old, new, steps)


def _walk_consistency(old: int, new: int, steps: Sequence[bytes]) -> tuple[bytes, bytes]:
    first, last = old - 1, new - 1
    while first & 1:
        first >>= 1
        last >>= 1
    earlier = later = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise BadProof("the proof is too long")
        if first & 1 or first == last:
            earlier, later = inner_hash(step, earlier), inner_hash(step, later)
            while first and not first & 1:
                first >>= 1
                last >>= 1
        else:
            later = inner_hash(later, step)
        first >>= 1
        last >>= 1
    if last:
        raise BadProof("the proof is too short")
    return earlier, later


def _hashes(proof: Sequence[bytes]) -> list[bytes]:
    if any(len(step) != 32 for step in proof):
        raise BadProof("a proof consists of SHA-256 hashes")
    return list(proof)
