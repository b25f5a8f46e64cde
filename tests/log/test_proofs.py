"""A proof convinces whoever has the log's key, and no proof that was made up or bent does."""

import asyncio
import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kit.canonical import canonical
from shared.kit.log import merkle as writer
from shared.kit.log.export import export_log
from shared.kit.log.notes import Checkpoint, Signer, sign
from tanggap.verifier import merkle
from tanggap.verifier.merkle import BadProof
from tanggap.verifier.notes import BadNote, parse_key
from tanggap.verifier.proofs import NotInExport, check, prove
from tests.log import journal
from tests.log.exports import Journal, Tampered
from tests.log.test_merkle import HASHES, naive_root

SIZE, WIDTH = 40, 16
LEAVES = journal.leaves(SIZE)
SIGNER = Signer.generate(journal.ORIGIN)
KEY = parse_key(SIGNER.verifier.text)


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("export") / "toy"
    asyncio.run(export_log(Journal(LEAVES, (10, 37, SIZE), [SIGNER]), directory, segment_leaves=WIDTH))
    return directory


@pytest.mark.parametrize("position", range(1, SIZE + 1))
def test_every_event_can_be_proved_by_position_and_by_id(export: Path, position: int) -> None:
    """The proof shows the event's bytes, its place and the checkpoint, by the log's key alone."""
    proof = prove(export, str(position))
    proven = check(proof, [KEY])
    assert (proven.position, proven.leaf, proven.checkpoint.size) == (position, LEAVES[position - 1], SIZE)
    assert proven.checkpoint.signed_by == (KEY,)
    assert prove(export, journal.event_id(position)) == proof


def test_without_a_key_a_proof_shows_only_that_it_fits_itself(export: Path) -> None:
    """Nobody signed for it as far as the reader can tell."""
    assert check(prove(export, "7")).checkpoint.signed_by == ()


@pytest.mark.parametrize("event", ["0", "41", "99999999999999999999", journal.event_id(41), "", "-1", "১"])
def test_what_is_not_in_the_export_is_not_proved(export: Path, event: str) -> None:
    """An unknown event is said to be unknown."""
    with pytest.raises(NotInExport):
        prove(export, event)


def test_an_id_that_only_occurs_inside_another_event_is_not_taken_for_it(tmp_path: Path) -> None:
    """The event is found by its own id, not by another event that mentions it."""
    mention = canonical(journal.content(2, causationid=journal.event_id(9)))
    leaves = [LEAVES[0], mention, *LEAVES[2:]]
    asyncio.run(export_log(Journal(leaves, (SIZE,), [SIGNER]), tmp_path / "toy", segment_leaves=WIDTH))
    assert check(prove(tmp_path / "toy", journal.event_id(9)), [KEY]).position == 9


def test_nothing_is_proved_from_an_export_that_was_changed(export: Path, tmp_path: Path) -> None:
    """An edited entry has no proof; the auditor is told to verify first."""
    tampered = Tampered(export, tmp_path / "copy")
    tampered.write_segment(1, WIDTH, [canonical(journal.content(1, branch=1)), *LEAVES[1:WIDTH]])
    with pytest.raises(BadProof, match="verify it first"):
        prove(tampered.directory, "1")


def parts(proof: str) -> list[str]:
    return proof.partition("\n\n")[0].split("\n")


def note_of(proof: str) -> str:
    return proof.partition("\n\n")[2]


def built(leaf: bytes, index: object, path: list[bytes], note: str) -> str:
    texts = [base64.b64encode(raw).decode() for raw in path]
    return "\n".join(
        ["c2sp.org/tlog-proof@v1", f"extra {base64.b64encode(leaf).decode()}", f"index {index}", *texts, "", note]
    )


def path_of(proof: str) -> list[bytes]:
    return [base64.b64decode(line) for line in parts(proof)[3:]]


def with_path(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[str], str]:
    return lambda proof: built(LEAVES[6], 6, change(path_of(proof)), note_of(proof))


def signed(checkpoint: Checkpoint, signer: Signer = SIGNER) -> str:
    return sign(checkpoint, [signer])


HONEST = Journal(LEAVES, (), []).checkpoint(SIZE)
INNER = writer.leaf_hash(LEAVES[6]) + writer.leaf_hash(LEAVES[7])

FORGERIES: dict[str, Callable[[str], str]] = {
    "wrong root": lambda proof: built(LEAVES[6], 6, path_of(proof), signed(Checkpoint(HONEST.origin, SIZE, bytes(32)))),
    "larger size": lambda proof: built(
        LEAVES[6], 6, path_of(proof), signed(Checkpoint(HONEST.origin, SIZE * 2, HONEST.root))
    ),
    "smaller size": lambda proof: built(
        LEAVES[6], 6, path_of(proof), signed(Checkpoint(HONEST.origin, 8, HONEST.root))
    ),
    "size one": lambda proof: built(LEAVES[6], 0, [], signed(Checkpoint(HONEST.origin, 1, HONEST.root))),
    "padded proof": with_path(lambda path: [*path, bytes(32)]),
    "proof padded in front": with_path(lambda path: [bytes(32), *path]),
    "short proof": with_path(lambda path: path[:-1]),
    "empty proof": with_path(lambda path: []),
    "swapped hashes": with_path(lambda path: [path[1], path[0], *path[2:]]),
    "short hash": with_path(lambda path: [path[0][:-1], *path[1:]]),
    "two hashes as one": with_path(lambda path: [path[0] + path[1], *path[2:]]),
    "other leaf": lambda proof: built(LEAVES[7], 6, path_of(proof), note_of(proof)),
    "other index": lambda proof: built(LEAVES[6], 7, path_of(proof), note_of(proof)),
    "index beyond": lambda proof: built(LEAVES[6], SIZE + 6, path_of(proof), note_of(proof)),
    "negative index": lambda proof: built(LEAVES[6], -1, path_of(proof), note_of(proof)),
    "index with zeros": lambda proof: built(LEAVES[6], "06", path_of(proof), note_of(proof)),
    "huge index": lambda proof: built(LEAVES[6], "9" * 4000, path_of(proof), note_of(proof)),
    "leaf as node": lambda proof: built(b"\x01" + INNER, 3, path_of(proof)[1:], note_of(proof)),
    "node as leaf": lambda proof: built(INNER, 3, path_of(proof)[1:], note_of(proof)),
    "other origin": lambda proof: built(
        LEAVES[6],
        6,
        path_of(proof),
        signed(Checkpoint("tanggap/test/toy/other", SIZE, HONEST.root), Signer.generate("tanggap/test/toy/other")),
    ),
    "unknown key of the same name": lambda proof: built(
        LEAVES[6], 6, path_of(proof), signed(HONEST, Signer.generate(journal.ORIGIN))
    ),
    "changed signature": lambda proof: proof[:-8] + ("A" if proof[-8] != "A" else "B") + proof[-7:],
    "no signature": lambda proof: proof.rpartition("— ")[0],
    "text under the signature": lambda proof: proof + "more\n",
    "line after the root": lambda proof: proof.replace("\n\n— ", "\nextension\n\n— "),
    "another header": lambda proof: proof.replace("@v1", "@v2", 1),
    "a blank line more": lambda proof: proof.replace("\n\n", "\n\n\n", 1),
    "carriage returns": lambda proof: proof.replace("\n", "\r\n"),
    "loose base64": lambda proof: proof.replace("extra ", "extra  ", 1),
    "nothing": lambda proof: "",
    "too long": lambda proof: proof + "x" * 3_000_000,
    "too many hashes": with_path(lambda path: path * 40),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forged_proof_is_refused(export: Path, forgery: str) -> None:
    """Whatever is bent, the proof no longer leads from this event to a root this log's key signed."""
    honest = prove(export, "7")
    assert check(honest, [KEY]).position == 7
    with pytest.raises((BadProof, BadNote)):
        check(FORGERIES[forgery](honest), [KEY])


def test_the_event_of_another_log_is_not_proved_by_this_one(tmp_path: Path) -> None:
    """Another log's event that was slipped into this log does not pass as this log's."""
    foreign = canonical(journal.content(5, source="urn:tanggap:test:other:1"))
    leaves = [*LEAVES[:4], foreign, *LEAVES[5:]]
    asyncio.run(export_log(Journal(leaves, (SIZE,), [SIGNER]), tmp_path / "toy", segment_leaves=WIDTH))
    with pytest.raises(BadProof, match="another log"):
        check(prove(tmp_path / "toy", "5"), [KEY])


def test_a_retired_key_alone_does_not_prove(export: Path) -> None:
    """A proof under the new key is not accepted by who trusts only an old one."""
    retired = parse_key(Signer.generate(journal.ORIGIN).verifier.text)
    with pytest.raises(BadNote, match="none of the given keys"):
        check(prove(export, "7"), [retired])


def tiles_of_all() -> dict[tuple[int, int], bytes]:
    return writer.RightEdge().extend(HASHES)


TILES = tiles_of_all()


@given(st.data())
def test_consistency_proofs_of_the_writer_convince_the_verifier(data: st.DataObject) -> None:
    """For any two sizes, the writer's hashes lead the verifier to both roots as the RFC's recursion has them."""
    new = data.draw(st.integers(1, 1_025))
    old = data.draw(st.integers(1, new))
    proof = [writer.span_hash(span, TILES) for span in writer.consistency_spans(old, new)]
    roots = naive_root(HASHES[:old]), naive_root(HASHES[:new])
    assert merkle.roots_from_consistency(old, new, roots[0], proof) == roots


@given(st.data())
def test_consistency_with_another_history_is_never_shown(data: st.DataObject) -> None:
    """No proof taken from the log, whole, cut, padded or bent, joins a root of another history to the log's."""
    new = data.draw(st.integers(2, 1_025))
    old = data.draw(st.integers(1, new - 1))
    proof = [writer.span_hash(span, TILES) for span in writer.consistency_spans(old, new)]
    bend = data.draw(st.sampled_from(["keep", "cut", "pad", "swap", "other sizes"]))
    if bend == "cut":
        proof = proof[:-1]
    elif bend == "pad":
        proof = [*proof, data.draw(st.sampled_from(HASHES))]
    elif bend == "swap":
        proof = proof[::-1]
    elif bend == "other sizes":
        proof = [writer.span_hash(span, TILES) for span in writer.consistency_spans(max(1, old // 2), new)]
    other = naive_root([*HASHES[: old - 1], bytes(32)])
    try:
        shown = merkle.roots_from_consistency(old, new, other, proof)
    except BadProof:
        return
    assert shown != (other, naive_root(HASHES[:new]))


@given(st.data())
def test_inclusion_proofs_of_the_writer_convince_the_verifier(data: st.DataObject) -> None:
    """For any leaf of any size, the writer's hashes lead the verifier to the root."""
    size = data.draw(st.integers(1, 1_025))
    index = data.draw(st.integers(0, size - 1))
    proof = [writer.span_hash(span, TILES) for span in writer.inclusion_spans(index, size)]
    assert merkle.root_from_inclusion(HASHES[index], index, size, proof) == naive_root(HASHES[:size])


@pytest.mark.parametrize(("old", "new"), [(0, 5), (6, 5), (-1, 5)])
def test_no_consistency_from_nothing_or_backwards(old: int, new: int) -> None:
    """A tree that shrank, or the empty one, is consistent with nothing."""
    with pytest.raises(BadProof):
        merkle.roots_from_consistency(old, new, bytes(32), [bytes(32)] * 3)
