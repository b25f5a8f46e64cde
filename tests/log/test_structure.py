"""What a log's owner must not sign, and whose signatures count: judged on exports that are exactly as signed."""

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest

from shared.kit.canonical import canonical
from shared.kit.log.export import export_log
from shared.kit.log.notes import Signer, sign
from tanggap.verifier.findings import Kind
from tanggap.verifier.notes import Key, parse_key
from tanggap.verifier.verify import verify
from tests.log import journal
from tests.log.exports import Journal
from tests.log.test_tampering import KEY, LEAVES, SIGNED, SIGNER, WIDTH, kinds

STRUCTURE: dict[str, tuple[Kind, dict[str, Any]]] = {
    "id_repeated": (Kind.ID_REPEATED, {"id": journal.event_id(5)}),
    "sequence_gap": (Kind.SEQUENCE_GAP, {"sequence": 9}),
    "time_decreases": (Kind.TIME_DECREASES, {"recordedtime": "2020-01-01T00:00:00.000000Z"}),
    "time_in_another_spelling": (Kind.TIME_DECREASES, {"recordedtime": "2026-11-24T09:00:00Z"}),
    "source_differs": (Kind.SOURCE_DIFFERS, {"source": "urn:tanggap:test:toy:other"}),
    "no_sequence_number": (Kind.LEAF_MALFORMED, {"sequence": "1"}),
    "subject_not_a_name": (Kind.LEAF_MALFORMED, {"subject": ["a"]}),
    "id_not_a_text": (Kind.LEAF_MALFORMED, {"id": 5}),
    "type_not_a_text": (Kind.LEAF_MALFORMED, {"type": 5}),
    "subject_a_number": (Kind.LEAF_MALFORMED, {"subject": 5}),
    "time_not_a_time": (Kind.LEAF_MALFORMED, {"recordedtime": 5}),
}


@pytest.mark.parametrize("fault", STRUCTURE)
def test_a_log_that_was_signed_but_is_no_log_is_named(tmp_path: Path, fault: str) -> None:
    """The tree only tells that leaves are as signed; what the owner must not sign is found as well."""
    kind, changes = STRUCTURE[fault]
    leaves = [*LEAVES[:29], canonical(journal.content(30, **changes)), *LEAVES[30:]]
    asyncio.run(export_log(Journal(leaves, SIGNED, [SIGNER]), tmp_path / "toy", segment_leaves=WIDTH))
    verdict = verify(tmp_path / "toy", [KEY])
    assert (verdict.findings[0].kind, verdict.first_bad_position) == (kind, 30)


@pytest.mark.parametrize("leaf", [b"not json", b"[]", b"{}", b'"text"', b'{"id":1}', b"\xff", b"{" * 3000])
def test_a_leaf_that_is_no_event_is_named(tmp_path: Path, leaf: bytes) -> None:
    """Whatever bytes were signed, they cannot make the verifier fall over."""
    leaves = [*LEAVES[:29], leaf, *LEAVES[30:]]
    asyncio.run(export_log(Journal(leaves, SIGNED, [SIGNER]), tmp_path / "toy", segment_leaves=WIDTH))
    found = verify(tmp_path / "toy", [KEY]).findings
    assert (found[0].kind, found[0].first) == (Kind.LEAF_MALFORMED, 30)


@pytest.mark.parametrize(
    "leaf",
    [
        LEAVES[29].replace(b'"actor":', b'"actor":"person-2","actor":', 1),
        LEAVES[29].replace(b",", b", ", 1),
        b"{" + b",".join(reversed(LEAVES[29][1:-1].split(b","))) + b"}",
    ],
)
def test_a_leaf_with_two_readings_is_named(tmp_path: Path, leaf: bytes) -> None:
    """A name given twice, or another spelling of the same event, is not canonical and may be read in two ways."""
    leaves = [*LEAVES[:29], leaf, *LEAVES[30:]]
    asyncio.run(export_log(Journal(leaves, SIGNED, [SIGNER]), tmp_path / "toy", segment_leaves=WIDTH))
    found = verify(tmp_path / "toy", [KEY]).findings
    assert found[0].first == 30
    assert found[0].kind in (Kind.LEAF_NOT_CANONICAL, Kind.LEAF_MALFORMED)


def test_a_log_that_does_not_begin_with_its_opening_is_named(tmp_path: Path) -> None:
    """The first leaf says whose log it is and how it is partitioned."""
    leaves = [canonical(journal.content(1, type="toy.counted.v1")), *LEAVES[1:]]
    asyncio.run(export_log(Journal(leaves, SIGNED, [SIGNER]), tmp_path / "toy", segment_leaves=WIDTH))
    found = verify(tmp_path / "toy", [KEY]).findings
    assert [(finding.kind, finding.first) for finding in found] == [(Kind.FIRST_LEAF, 1)]


def rotated(tmp_path: Path, *, with_leaf: bool, both_sign: bool) -> tuple[Path, Key]:
    """A log whose key changed between 20 and 30 leaves."""
    new = Signer.generate(journal.ORIGIN)
    leaves = list(LEAVES)
    if with_leaf:
        added = {"log_id": journal.LOG_ID, "key_name": journal.ORIGIN, "added_on": "2026-11-24"}
        added["public_key"] = base64.b64encode(new.verifier.public_key).decode()
        changes: dict[str, Any] = {"type": "toy.log_key_added.v1", "data": added}
        leaves[24] = canonical(journal.content(25, **changes))
    source = Journal(leaves, SIGNED, [SIGNER])
    source.signed[30] = sign(source.checkpoint(30), [SIGNER, new] if both_sign else [new])
    source.signed[40] = sign(source.checkpoint(40), [new])
    asyncio.run(export_log(source, tmp_path / "toy", segment_leaves=WIDTH))
    return tmp_path / "toy", parse_key(new.verifier.text)


def test_a_change_of_keys_is_followed(tmp_path: Path) -> None:
    """A key named in the log and signing together with the old one is trusted from there on."""
    directory, new = rotated(tmp_path, with_leaf=True, both_sign=True)
    verdict = verify(directory, [KEY])
    assert verdict.findings == ()
    assert verdict.trusted
    assert verdict.keys == (KEY, new)


@pytest.mark.parametrize(("with_leaf", "both_sign"), [(True, False), (False, True), (False, False)])
def test_a_new_key_without_the_old_ones_consent_is_not_trusted(
    tmp_path: Path, with_leaf: bool, both_sign: bool
) -> None:
    """A leaf alone, or a second signature alone, makes no key trusted."""
    directory, _ = rotated(tmp_path, with_leaf=with_leaf, both_sign=both_sign)
    verdict = verify(directory, [KEY])
    assert not verdict.trusted
    assert Kind.CHECKPOINT_NOT_TRUSTED in kinds(verdict)
