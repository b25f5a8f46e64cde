"""The RFC 6962 tree over the log's leaves: hashes, right edge, tiles, and which hashes a proof is made of.

Owns the arithmetic of the tree: pure, no database. Tiles are 256 hashes wide, as in C2SP's tlog-tiles: level 0
holds leaf hashes, level n the roots of complete subtrees of 256**n leaves. Must not know what a leaf says, and
shares nothing with `tanggap.verifier`, which checks it.

Source: RFC 6962 section 2.1 (the same tree as RFC 9162); C2SP tlog-tiles.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

HASH_BYTES = 32
TILE_WIDTH = 256
TILE_BITS = 8
EMPTY_ROOT = sha256(b"").digest()

Tiles = Mapping[tuple[int, int], bytes]


class TileMissing(LookupError):
    """A tile that the tree's size promises is absent or too short."""

    def __init__(self, level: int, index: int) -> None:
        super().__init__(f"tile {level}/{index} is missing or too short")
        self.level = level
        self.index = index


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of a leaf: the prefix 0x00 keeps it from ever being taken for an inner node."""
    return sha256(b"\x00" + leaf).digest()


def leaf_hashes(leaves: Iterable[bytes]) -> list[bytes]:
    """The hashes of many leaves, in order."""
    return [sha256(b"\x00" + leaf).digest() for leaf in leaves]


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """The root over a power of two of neighbouring hashes."""
    row = list(hashes)
    while len(row) > 1:
        row = [sha256(b"\x01" + row[at] + row[at + 1]).digest() for at in range(0, len(row), 2)]
    return row[0]


def split_hashes(joined: bytes) -> list[bytes]:
    """The single hashes of a tile's bytes."""
    return [joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)]


def fold_right(frontier: Sequence[bytes]) -> bytes:
    """The root over perfect subtrees given from the largest, leftmost one to the smallest."""
    if not frontier:
        return EMPTY_ROOT
    root = frontier[-1]
    for left in reversed(frontier[:-1]):
        root = node_hash(left, root)
    return root


class RightEdge:
    """The tree's unfinished right edge: for each tile level the hashes of its last, incomplete tile.

    It is all that is needed to go on appending and to know the root: at most 255 hashes a level.
    """

    def __init__(self) -> None:
        self.size = 0
        self._levels: list[list[bytes]] = []

    @classmethod
    def at(cls, size: int, tiles: Tiles) -> "RightEdge":
        """The edge of a tree of `size` leaves, read from its tiles.

        Raises: TileMissing when the tiles do not reach that size.
        """
        edge = cls()
        edge.size = size
        for level, index in right_edge_tiles(size):
            width = (size >> (TILE_BITS * level)) % TILE_WIDTH
            joined = tiles.get((level, index), b"")[: width * HASH_BYTES]
            if len(joined) != width * HASH_BYTES:
                raise TileMissing(level, index)
            edge._levels.extend([] for _ in range(level + 1 - len(edge._levels)))
            edge._levels[level] = split_hashes(joined)
        return edge

    def copy(self) -> "RightEdge":
        """An edge that grows on its own."""
        edge = RightEdge()
        edge.size = self.size
        edge._levels = [list(row) for row in self._levels]
        return edge

    def extend(self, hashes: Sequence[bytes]) -> dict[tuple[int, int], bytes]:
        """Append leaf hashes; the tiles that changed, complete or partial, with all their hashes."""
        changed: dict[tuple[int, int], bytes] = {}
        self._append(0, self.size, hashes, changed)
        self.size += len(hashes)
        return changed

    def _append(self, level: int, count: int, hashes: Sequence[bytes], changed: dict[tuple[int, int], bytes]) -> None:
        if not hashes:
            return
        if level == len(self._levels):
            self._levels.append([])
        index = count // TILE_WIDTH
        pending = self._levels[level] + list(hashes)
        roots = []
        whole = len(pending) - len(pending) % TILE_WIDTH
        for start in range(0, whole, TILE_WIDTH):
            tile = pending[start : start + TILE_WIDTH]
            changed[level, index] = b"".join(tile)
            roots.append(perfect_root(tile))
            index += 1
        self._levels[level] = pending[whole:]
        if self._levels[level]:
            changed[level, index] = b"".join(self._levels[level])
        self._append(level + 1, count // TILE_WIDTH, roots, changed)

    def root(self) -> bytes:
        """The root over all leaves appended so far."""
        frontier: list[bytes] = []
        for row in reversed(self._levels):
            start = 0
            for width in _powers(len(row)):
                frontier.append(perfect_root(row[start : start + width]))
                start += width
        return fold_right(frontier)


def right_edge_tiles(size: int) -> list[tuple[int, int]]:
    """Level and index of the incomplete tiles at the right edge of a tree of `size` leaves."""
    found = []
    level = 0
    while size >> (TILE_BITS * level):
        count = size >> (TILE_BITS * level)
        if count % TILE_WIDTH:
            found.append((level, count // TILE_WIDTH))
        level += 1
    return found


@dataclass(frozen=True, slots=True)
class Span:
    """The leaves `start` up to, not including, `end` (0-based), whose subtree hash a proof carries."""

    start: int
    end: int


def inclusion_spans(index: int, size: int) -> list[Span]:
    """The subtrees whose hashes prove that leaf `index` (0-based) is in the tree of `size` leaves, lowest first.

    Source: RFC 6962 section 2.1.1, PATH(m, D[n]).
    """
    if not 0 <= index < size:
        raise ValueError("the leaf is outside the tree")
    return _path(index, Span(0, size))


def consistency_spans(old: int, new: int) -> list[Span]:
    """The subtrees whose hashes prove that the tree of `new` leaves extends the one of `old` leaves.

    Source: RFC 6962 section 2.1.2, PROOF(m, D[n]).
    """
    if not 0 < old <= new:
        raise ValueError("consistency goes from a tree that is not empty to one at least as large")
    return _subproof(old, Span(0, new), whole=True)


def _path(index: int, span: Span) -> list[Span]:
    if span.end - span.start == 1:
        return []
    middle = span.start + _split(span.end - span.start)
    left, right = Span(span.start, middle), Span(middle, span.end)
    if index < middle:
        return [*_path(index, left), right]
    return [*_path(index, right), left]


def _subproof(old_end: int, span: Span, *, whole: bool) -> list[Span]:
    if old_end == span.end:
        return [] if whole else [span]
    middle = span.start + _split(span.end - span.start)
    left, right = Span(span.start, middle), Span(middle, span.end)
    if old_end <= middle:
        return [*_subproof(old_end, left, whole=whole), right]
    return [*_subproof(old_end, right, whole=False), left]


def _split(width: int) -> int:
    """The largest power of two smaller than `width`."""
    return 1 << ((width - 1).bit_length() - 1)


def _powers(count: int) -> list[int]:
    """The powers of two that sum to `count`, largest first."""
    return [1 << bit for bit in range(count.bit_length() - 1, -1, -1) if count >> bit & 1]


def tiles_of(spans: Iterable[Span]) -> set[tuple[int, int]]:
    """Level and index of the tiles that hold what the spans' hashes are computed from."""
    needed = set()
    for span in spans:
        start = span.start
        for width in _powers(span.end - span.start):
            level, first = _place(start, width)
            needed.add((level, first // TILE_WIDTH))
            start += width
    return needed


def span_hash(span: Span, tiles: Tiles) -> bytes:
    """The subtree hash over a span's leaves, computed from tiles.

    Raises: TileMissing.
    """
    frontier = []
    start = span.start
    for width in _powers(span.end - span.start):
        level, first = _place(start, width)
        index, offset = divmod(first, TILE_WIDTH)
        count = width >> (TILE_BITS * level)
        joined = tiles.get((level, index), b"")[offset * HASH_BYTES : (offset + count) * HASH_BYTES]
        if len(joined) != count * HASH_BYTES:
            raise TileMissing(level, index)
        frontier.append(perfect_root(split_hashes(joined)))
        start += width
    return fold_right(frontier)


def _place(start: int, width: int) -> tuple[int, int]:
    """The tile level that holds a perfect subtree of `width` leaves, and the number of its first hash there."""
    level = (width.bit_length() - 1) // TILE_BITS
    return level, start >> (TILE_BITS * level)
