"""Whatever is done to an export, the auditor's verifier finds it and names the place.

A log of 40 leaves is exported in segments of 16 and checkpoints over 10, 20, 30 and 40 leaves, and then changed at
every position in every way somebody who holds the files could.
"""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pytest
import zstandard

from shared.kit.canonical import canonical
from shared.kit.log import merkle
from shared.kit.log.export import export_log
from shared.kit.log.notes import Checkpoint, Signer, sign
from tanggap.verifier.archive import BadArchive
from tanggap.verifier.findings import Kind
from tanggap.verifier.notes import BadNote, Key, parse_key, read_checkpoint
from tanggap.verifier.verify import Verdict, verify
from tests.log import journal
from tests.log.exports import Journal, Tampered

SIZE, WIDTH, SIGNED = 40, 16, (10, 20, 30, 40)
LEAVES = journal.leaves(SIZE)
SIGNER = Signer.generate(journal.ORIGIN)
KEY = parse_key(SIGNER.verifier.text)
Copy = Callable[[], Tampered]


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The honest export."""
    directory = tmp_path_factory.mktemp("export") / "toy"
    asyncio.run(export_log(Journal(LEAVES, SIGNED, [SIGNER]), directory, segment_leaves=WIDTH))
    return directory


@pytest.fixture
def copy(export: Path, tmp_path: Path) -> Copy:
    """Gives copies of the export to tamper with."""
    numbers: Iterator[int] = iter(range(1_000_000))
    return lambda: Tampered(export, tmp_path / f"copy-{next(numbers)}")


def judged(tampered: Tampered, *keys: Key) -> Verdict:
    return verify(tampered.directory, keys or (KEY,))


def kinds(verdict: Verdict) -> set[Kind]:
    return {finding.kind for finding in verdict.findings}


def edited(position: int) -> bytes:
    """The leaf at a position, saying something else that is just as well-formed."""
    content = orjson.loads(LEAVES[position - 1])
    content["data"]["count" if position > 1 else "partitions"] = 999
    return canonical(content)


def segment(position: int) -> tuple[int, int]:
    first = (position - 1) // WIDTH * WIDTH + 1
    return first, min(first + WIDTH - 1, SIZE)


def change_segment(tampered: Tampered, position: int, change: Callable[[list[bytes], int], None]) -> None:
    """Change the lines of the segment that holds a position; the index given is the position's in it."""
    first, last = segment(position)
    lines = tampered.leaves[first - 1 : last]
    change(lines, position - first)
    tampered.write_segment(first, last, lines)


def test_an_honest_export_is_verified(export: Path) -> None:
    """With the log's key, an export that nobody touched is good, and all of it was looked at."""
    verdict = verify(export, [KEY])
    assert verdict.findings == ()
    assert (verdict.size, verdict.checkpoints, verdict.trusted) == (SIZE, len(SIGNED), True)
    assert verdict.root == Journal(LEAVES, (), []).checkpoint(SIZE).root


def test_without_a_key_an_export_only_agrees_with_itself(export: Path) -> None:
    """No key inside the folder is believed: the verdict is not trusted."""
    verdict = verify(export)
    assert verdict.findings == ()
    assert not verdict.trusted


@pytest.mark.parametrize("position", range(1, SIZE + 1))
def test_an_edited_entry_is_named(copy: Copy, position: int) -> None:
    """An entry that was changed is named by its position alone."""
    tampered = copy()
    tampered.leaves[position - 1] = edited(position)
    first, last = segment(position)
    tampered.write_segment(first, last, tampered.leaves[first - 1 : last])
    found = [finding for finding in judged(tampered).findings if finding.kind is Kind.ENTRY_DIFFERS]
    assert [(finding.first, finding.last) for finding in found] == [(position, position)]


@pytest.mark.parametrize("position", range(1, SIZE + 1))
def test_a_dropped_entry_is_named(copy: Copy, position: int) -> None:
    """The first position that is not what was signed is the dropped one's."""
    tampered = copy()
    change_segment(tampered, position, lambda lines, at: lines.__delitem__(at))
    verdict = judged(tampered)
    assert verdict.first_bad_position == position
    assert Kind.ENTRY_MISSING in kinds(verdict)


@pytest.mark.parametrize("position", range(1, SIZE + 1))
def test_a_doubled_entry_is_named(copy: Copy, position: int) -> None:
    """The second copy stands where another entry was signed."""
    tampered = copy()
    change_segment(tampered, position, lambda lines, at: lines.insert(at, lines[at]))
    verdict = judged(tampered)
    assert verdict.first_bad_position == position + 1
    assert Kind.ENTRY_EXTRA in kinds(verdict)


@pytest.mark.parametrize("position", range(1, SIZE))
def test_swapped_entries_are_named(copy: Copy, position: int) -> None:
    """Two neighbours that changed places are both named, across segments too."""
    tampered = copy()
    at = position - 1
    tampered.leaves[at], tampered.leaves[at + 1] = tampered.leaves[at + 1], tampered.leaves[at]
    for first, last in {segment(position), segment(position + 1)}:
        tampered.write_segment(first, last, tampered.leaves[first - 1 : last])
    verdict = judged(tampered)
    differing = {
        place
        for finding in verdict.findings
        if finding.kind is Kind.ENTRY_DIFFERS
        for place in range(finding.first, finding.last + 1)
    }
    assert verdict.first_bad_position == position
    assert differing == {position, position + 1}


@pytest.mark.parametrize("position", range(1, SIZE + 2))
def test_an_inserted_entry_is_named(copy: Copy, position: int) -> None:
    """A well-formed event that was never logged is named where it was put in, also at the very end."""
    tampered, invented = copy(), canonical(journal.content(SIZE + 1))
    change_segment(tampered, min(position, SIZE), lambda lines, at: lines.insert(at + (position > SIZE), invented))
    verdict = judged(tampered)
    assert verdict.first_bad_position == position
    assert Kind.ENTRY_EXTRA in kinds(verdict)


@pytest.mark.parametrize("kept", range(SIZE))
def test_a_truncated_export_is_named(copy: Copy, kept: int) -> None:
    """Entries cut off at the end are named from the first missing one on, with and without their tiles."""
    tampered = copy()
    for first, last in tampered.segments(SIZE):
        if first > kept:
            (tampered.directory / "entries" / f"{first:012}-{last:012}.jsonl.zst").unlink()
            if kept % 2:
                (tampered.directory / "tiles" / f"{first:012}-{last:012}.sha256").unlink()
        elif last > kept:
            tampered.write_segment(first, last, tampered.leaves[first - 1 : kept])
    verdict = judged(tampered)
    missing = {finding.first for finding in verdict.findings if finding.kind is Kind.ENTRY_MISSING}
    assert kept + 1 in missing
    assert verdict.first_bad_position == kept + 1


@pytest.mark.parametrize("position", range(1, SIZE + 1))
def test_an_edited_tile_hash_is_told_from_an_edited_entry(copy: Copy, position: int) -> None:
    """Where the entries are what was signed, the tile is blamed."""
    tampered = copy()
    first, last = segment(position)
    tampered.hashes[position - 1] = bytes(32)
    tampered.write_tiles(first, last, tampered.hashes[first - 1 : last])
    found = judged(tampered).findings
    assert [(finding.kind, finding.first, finding.last) for finding in found] == [
        (Kind.TILE_DIFFERS, position, position)
    ]


@pytest.mark.parametrize("position", range(1, SIZE + 1))
def test_entry_and_tile_edited_together_are_named_by_the_interval(copy: Copy, position: int) -> None:
    """Who changes entry and tile alike is found out by the next signature: the interval is named."""
    tampered = copy()
    tampered.leaves[position - 1] = edited(position)
    tampered.rewrite(tampered.leaves, notes=tampered.notes)
    found = [finding for finding in judged(tampered).findings if finding.kind is Kind.INTERVAL_DIFFERS]
    after = (position - 1) // 10 * 10
    assert [(finding.first, finding.last) for finding in found] == [(after + 1, after + 10)]


@pytest.mark.parametrize("position", range(1, SIZE + 1))
def test_a_history_rewritten_and_signed_by_another_key_is_not_trusted(copy: Copy, position: int) -> None:
    """A consistent forgery fails at its signatures: another key's are no signatures at all."""
    tampered, stranger = copy(), Signer.generate(journal.ORIGIN)
    tampered.leaves[position - 1] = edited(position)
    forged = Journal(tampered.leaves, SIGNED, [stranger])
    tampered.rewrite(tampered.leaves, notes=list(forged.signed.values()))
    verdict = judged(tampered)
    assert not verdict.trusted
    assert kinds(verdict) >= {Kind.CHECKPOINT_NOT_TRUSTED}
    assert kinds(judged(tampered, parse_key(stranger.verifier.text))) <= {Kind.FIRST_LEAF}


@pytest.mark.parametrize("size", SIGNED[:-1])
def test_truncation_to_an_older_checkpoint_is_found_by_one_seen_later(copy: Copy, size: int) -> None:
    """A log cut back to what was once signed looks whole; a checkpoint the auditor kept tells that more was."""
    tampered = copy()
    tampered.rewrite(LEAVES[:size], notes=[note for note in tampered.notes if parse_size(note) <= size])
    assert judged(tampered).findings == ()
    seen = read_checkpoint(Journal(LEAVES, SIGNED, [SIGNER]).signed[SIZE], [KEY])
    verdict = verify(tampered.directory, [KEY], since=seen)
    assert [(finding.kind, finding.first, finding.last) for finding in verdict.findings] == [
        (Kind.TRUNCATED, size + 1, SIZE)
    ]


@pytest.mark.parametrize("size", range(1, SIZE + 1))
def test_a_fork_signed_by_the_owner_is_found_by_a_checkpoint_seen_before(copy: Copy, size: int) -> None:
    """Even the owner of the key cannot rewrite what an auditor has seen."""
    tampered = copy()
    other = journal.leaves(SIZE, branch_after=size - 1)
    tampered.rewrite(other, notes=list(Journal(other, SIGNED, [SIGNER]).signed.values()))
    assert judged(tampered).findings == ()
    seen = read_checkpoint(Journal(LEAVES, (size,), [SIGNER]).signed[size], [KEY])
    verdict = verify(tampered.directory, [KEY], since=seen)
    assert Kind.INTERVAL_DIFFERS in kinds(verdict)
    assert all(finding.first <= size <= finding.last for finding in verdict.findings)


def test_a_checkpoint_seen_before_is_met_by_an_honest_export(export: Path) -> None:
    """An export that only grew passes, whether the checkpoint is in its list or not."""
    for size in (7, 20, 40):
        seen = read_checkpoint(Journal(LEAVES, (size,), [SIGNER]).signed[size], [KEY])
        assert verify(export, [KEY], since=seen).findings == ()


def parse_size(note: str) -> int:
    return read_checkpoint(note, ()).size


def flips(path: Path) -> Iterator[bytes]:
    """A file's content with each of its bytes changed in turn."""
    content = path.read_bytes()
    for at in range(len(content)):
        yield content[:at] + bytes([content[at] ^ 0x04]) + content[at + 1 :]


@pytest.mark.parametrize("name", ["tiles", "checkpoint", "checkpoints.jsonl", "layout.json"])
def test_every_changed_byte_is_found(copy: Copy, name: str) -> None:
    """No byte of tiles, checkpoints or layout can be changed unnoticed."""
    tampered = copy()
    path = tampered.directory / name
    path = sorted(path.iterdir())[-1] if path.is_dir() else path
    honest = path.read_bytes()
    for content in flips(path):
        path.write_bytes(content)
        try:
            verdict = judged(tampered)
        except (BadArchive, BadNote):
            continue
        assert verdict.findings, content
    path.write_bytes(honest)
    assert judged(tampered).findings == ()


def test_every_changed_byte_of_packed_entries_is_found_or_changes_no_leaf(copy: Copy) -> None:
    """What is proved are the leaves: a changed byte is found, or unpacks to the very same leaves."""
    tampered = copy()
    first, last = tampered.segments(SIZE)[0]
    path = tampered.directory / "entries" / f"{first:012}-{last:012}.jsonl.zst"
    harmless = 0
    for content in flips(path):
        path.write_bytes(content)
        if judged(tampered).findings == ():
            harmless += 1
            assert tampered._unpack(path) == LEAVES[:WIDTH]
    assert harmless <= 8, "only the frame's header has bits without a meaning"


def edit(tampered: Tampered, position: int) -> None:
    change_segment(tampered, position, lambda lines, at: lines.__setitem__(at, edited(position)))


def drop(tampered: Tampered, position: int) -> None:
    change_segment(tampered, position, lambda lines, at: lines.__delitem__(at))


def double(tampered: Tampered, position: int) -> None:
    change_segment(tampered, position, lambda lines, at: lines.insert(at, lines[at]))


def swap(tampered: Tampered, position: int) -> None:
    change_segment(tampered, position, lambda lines, at: lines.insert(at, lines.pop(at - 1)))


def truncate(tampered: Tampered, position: int) -> None:
    change_segment(tampered, position, lambda lines, at: lines.__delitem__(slice(at, None)))


def edit_with_tile(tampered: Tampered, position: int) -> None:
    tampered.leaves[position - 1] = edited(position)
    tampered.rewrite(tampered.leaves, notes=tampered.notes)


def lose_segment(tampered: Tampered, position: int) -> None:
    first, last = segment(position)
    for path in tampered.directory.glob(f"*/{first:012}-{last:012}.*"):
        path.unlink()


# Whoever forks has no other threads: so this runs in a program of its own, as the auditor's command does.
BOTH_WAYS = """
import sys
from pathlib import Path
from tanggap.verifier.notes import parse_key
from tanggap.verifier.verify import verify

key = parse_key(sys.argv[1])
for folder in map(Path, sys.argv[2:]):
    alone, shared = verify(folder, [key]), verify(folder, [key], processes=2)
    print(folder.name, alone.count, alone == shared)
"""


@pytest.mark.parametrize("change", [edit, drop, double, swap, truncate, edit_with_tile, lose_segment])
def test_segments_read_by_several_processes_give_the_same_verdict(
    copy: Copy, change: Callable[[Tampered, int], None]
) -> None:
    """Whatever was done at whichever position, several processes find what one finds, in the same words."""
    copies = [copy() for _ in range(SIZE + 1)]
    for position, tampered in enumerate(copies[1:], 1):
        change(tampered, position)
    folders = [str(tampered.directory) for tampered in copies]
    done = subprocess.run(
        [sys.executable, "-c", BOTH_WAYS, KEY.text, *folders], capture_output=True, text=True, check=False, timeout=50
    )
    assert done.stderr == ""
    names = [Path(folder).name for folder in folders]
    verdicts = [line.split() for line in done.stdout.splitlines()]
    assert [(name, same) for name, _, same in verdicts] == [(name, "True") for name in names]
    assert [name for name, count, _ in verdicts if count == "0"] == names[:1]


def test_checkpoints_out_of_order_or_twice_are_found(copy: Copy) -> None:
    """The list rises by size and ends where the export ends."""
    for notes in ([1, 0, 2, 3], [0, 0, 1, 2, 3], [0, 1, 3, 2]):
        tampered = copy()
        tampered.write_notes([tampered.notes[at] for at in notes])
        assert Kind.CHECKPOINT_ORDER in kinds(judged(tampered)) or judged(tampered).size != SIZE
    tampered = copy()
    (tampered.directory / "checkpoint").write_text(tampered.notes[2])
    assert Kind.CHECKPOINT_ORDER in kinds(judged(tampered))


def test_a_file_that_unpacks_without_end_costs_no_more_than_what_was_signed(copy: Copy) -> None:
    """A decompression bomb is stopped at the first entry too many, or at the longest line."""
    first, last = 17, 32
    for bomb in (b"\n" * 200_000_000, b"x" * 200_000_000):
        tampered = copy()
        path = tampered.directory / "entries" / f"{first:012}-{last:012}.jsonl.zst"
        path.write_bytes(zstandard.compress(bomb, level=1))
        assert path.stat().st_size < 100_000
        verdict = judged(tampered)
        assert verdict.first_bad_position == first


def test_a_size_beyond_all_files_ends_the_walk(copy: Copy) -> None:
    """An absurd size in a forged checkpoint costs nothing: the walk ends where the files end."""
    tampered = copy()
    tampered.write_notes([*tampered.notes, sign(Checkpoint(journal.ORIGIN, 10**18, bytes(32)), [SIGNER])])
    verdict = judged(tampered)
    assert Kind.ENTRY_MISSING in kinds(verdict)
    assert not verdict.trusted


def test_hashes_of_the_export_are_those_of_its_entries(export: Path, tmp_path: Path) -> None:
    """Writer and verifier agree on every leaf hash."""
    assert Tampered(export, tmp_path / "copy").hashes == merkle.leaf_hashes(LEAVES)
