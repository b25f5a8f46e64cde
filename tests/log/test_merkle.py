"""The log's tree agrees with RFC 6962, as an independent library and a naive recursion compute it."""

import time
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from shared.kit.log import merkle

LEAVES = [f"leaf {at}".encode() for at in range(1_025)]
HASHES = merkle.leaf_hashes(LEAVES)


def naive_root(hashes: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, word for word."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return sha256(b"\x01" + naive_root(hashes[:k]) + naive_root(hashes[k:])).digest()


def grown(sizes: list[int]) -> tuple[merkle.RightEdge, dict[tuple[int, int], bytes]]:
    edge, tiles = merkle.RightEdge(), {}
    for size in sizes:
        tiles.update(edge.extend(HASHES[edge.size : size]))
    return edge, tiles


def test_roots_of_every_size_to_1025_agree_with_pymerkle() -> None:
    """The root of every tree of 0 to 1,025 leaves is what another library computes."""
    oracle = InmemoryTree(algorithm="sha256")
    edge = merkle.RightEdge()
    assert edge.root() == sha256(b"").digest()
    for leaf, hashed in zip(LEAVES, HASHES, strict=True):
        oracle.append_entry(leaf)
        edge.extend([hashed])
        assert edge.root() == oracle.get_root(), edge.size


def test_roots_agree_with_the_words_of_the_rfc() -> None:
    """The root is MTH as RFC 6962 defines it, also where tiles end."""
    for size in (0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 1_023, 1_024, 1_025):
        edge, _ = grown([size])
        assert edge.root() == naive_root(HASHES[:size])


@given(st.lists(st.integers(0, 1_025), max_size=8))
def test_tiles_do_not_depend_on_how_the_tree_grew(steps: list[int]) -> None:
    """Appending in any portions leaves the tiles and the root that appending at once leaves."""
    sizes = [*sorted(steps), 1_025]
    edge, tiles = grown(sizes)
    once, all_tiles = grown([1_025])
    assert edge.root() == once.root()
    assert tiles == all_tiles


@given(st.integers(0, 1_025))
def test_edge_read_from_tiles_goes_on_as_the_grown_one(size: int) -> None:
    """The edge of any earlier size can be read back from the tiles of a later tree, and grows to the same root."""
    edge, tiles = grown([1_025])
    old = merkle.RightEdge.at(size, tiles)
    assert old.root() == naive_root(HASHES[:size])
    old.extend(HASHES[size:])
    assert old.root() == edge.root()


def test_edge_refuses_tiles_that_do_not_reach_its_size() -> None:
    """A missing or short tile is named, not taken for an empty one."""
    _, tiles = grown([700])
    tiles[0, 2] = tiles[0, 2][:-32]
    with pytest.raises(merkle.TileMissing, match="0/2"):
        merkle.RightEdge.at(700, tiles)


@given(st.data())
def test_every_span_hash_from_tiles_is_the_naive_subtree(data: st.DataObject) -> None:
    """Each hash a proof carries, computed from tiles, is the subtree hash of exactly those leaves."""
    size = data.draw(st.integers(1, 1_025))
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    _, tiles = grown([size])
    spans = merkle.inclusion_spans(index, size) + merkle.consistency_spans(old, size)
    needed = {place: tiles[place] for place in merkle.tiles_of(spans)}
    for span in spans:
        assert merkle.span_hash(span, needed) == naive_root(HASHES[span.start : span.end])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 3)])
def test_inclusion_outside_the_tree_is_refused(index: int, size: int) -> None:
    """There is no proof for a leaf the tree does not have."""
    with pytest.raises(ValueError, match="outside"):
        merkle.inclusion_spans(index, size)


@pytest.mark.parametrize(("old", "new"), [(0, 3), (4, 3)])
def test_consistency_from_nothing_or_backwards_is_refused(old: int, new: int) -> None:
    """The empty tree proves nothing, and a tree cannot shrink."""
    with pytest.raises(ValueError, match="consistency"):
        merkle.consistency_spans(old, new)


def test_hashing_keeps_up_with_the_fastest_writer() -> None:
    """200,000 leaves of 400 bytes are hashed into the tree in well under two seconds of CPU."""
    leaves = [b"x" * 400] * 200_000
    started = time.process_time()
    merkle.RightEdge().extend(merkle.leaf_hashes(leaves))
    assert time.process_time() - started < 2.0
