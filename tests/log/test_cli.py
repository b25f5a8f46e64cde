"""`tanggap audit` as an auditor uses it: folders, key files, exit codes, one JSON answer."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from shared.kit.log.checkpoints import Checkpointer
from shared.kit.log.export import export_log
from shared.kit.log.keys import LogFiles, create_log_key, load_signers
from shared.kit.log.notes import Signer
from tanggap.cli.exits import Exit
from tanggap.cli.main import run
from tanggap.verifier.__main__ import main as run_verifier
from tests.log import journal
from tests.log.exports import Journal, Tampered
from tests.log.test_checkpoints import cut_back

LEAVES = journal.leaves(40)


@pytest.fixture
def files(tmp_path: Path) -> LogFiles:
    found = LogFiles(tmp_path / "keys", "toy")
    create_log_key(found, journal.ORIGIN)
    return found


@pytest.fixture
def export(tmp_path: Path, files: LogFiles) -> Path:
    """An honest export of 40 leaves."""
    source = Journal(LEAVES, (10, 40), load_signers(files, journal.ORIGIN))
    asyncio.run(export_log(source, tmp_path / "toy", segment_leaves=16))
    return tmp_path / "toy"


class Shell:
    """Runs `tanggap audit … --json` and reads its answer."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: object) -> tuple[Exit, dict[str, Any]]:
        self._capsys.readouterr()
        code = run(["audit", *map(str, words), "--json"])
        answer: dict[str, Any] = json.loads(self._capsys.readouterr().out)
        return code, answer


@pytest.fixture
def audit(capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(capsys)


def test_verify_says_by_its_exit_code_what_an_export_is_worth(audit: Shell, export: Path, files: LogFiles) -> None:
    """0 with the log's key, 3 without any, 5 with another's."""
    code, answer = audit("verify", export, "--key", files.public)
    assert (code, answer["trusted"], answer["size"], answer["findings"]) == (Exit.OK, True, 40, [])
    assert audit("verify", export, "--key", files.public.read_text().strip())[0] is Exit.OK
    code, answer = audit("verify", export)
    assert (code, answer["trusted"]) == (Exit.PARTLY, False)
    code, answer = audit("verify", export, "--key", Signer.generate(journal.ORIGIN).verifier.text)
    assert code is Exit.AUDIT_MISMATCH
    assert answer["findings"][0]["kind"] == "checkpoint_not_trusted"


def test_verify_names_the_first_bad_position(
    audit: Shell, export: Path, files: LogFiles, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 5 and the place, in JSON and in words."""
    tampered = Tampered(export, tmp_path / "copy")
    tampered.write_segment(17, 32, [*LEAVES[16:22], LEAVES[22].replace(b"23", b"24"), *LEAVES[23:32]])
    code, answer = audit("verify", tampered.directory, "--key", files.public)
    assert (code, answer["first_bad_position"]) == (Exit.AUDIT_MISMATCH, 23)
    assert run(["audit", "verify", str(tampered.directory), "--key", str(files.public)]) is Exit.AUDIT_MISMATCH
    assert "position 23" in capsys.readouterr().out


def test_verify_finds_a_truncation_by_a_checkpoint_kept_earlier(
    audit: Shell, export: Path, files: LogFiles, tmp_path: Path
) -> None:
    """The checkpoint an auditor took home is what a cut-back log is measured by."""
    tampered = Tampered(export, tmp_path / "copy")
    tampered.rewrite(LEAVES[:10], notes=tampered.notes[:1])
    assert audit("verify", tampered.directory, "--key", files.public)[0] is Exit.OK
    since = ("--since", export / "checkpoint")
    code, answer = audit("verify", tampered.directory, "--key", files.public, *since)
    assert (code, answer["findings"][0]["kind"]) == (Exit.AUDIT_MISMATCH, "truncated")
    assert audit("verify", export, "--key", files.public, *since)[0] is Exit.OK
    forged = tmp_path / "forged"
    forged.write_text((export / "checkpoint").read_text().replace("\n40\n", "\n41\n"))
    assert audit("verify", export, "--key", files.public, "--since", forged)[0] is not Exit.OK


@pytest.mark.parametrize("words", [("verify", "nowhere"), ("prove", "nowhere", "1")])
def test_a_folder_that_is_no_export_is_said_to_be_none(audit: Shell, words: tuple[str, ...]) -> None:
    """A wrong path is an answer, not a traceback."""
    code, answer = audit(*words)
    assert code is Exit.AUDIT_MISMATCH
    assert "layout.json is missing" in answer["message"]


def test_a_malformed_key_is_a_usage_error(audit: Shell, export: Path) -> None:
    """What was given as a key is not one."""
    assert audit("verify", export, "--key", "not-a-key")[0] is Exit.USAGE


def test_a_proof_is_made_and_checked(audit: Shell, export: Path, files: LogFiles, tmp_path: Path) -> None:
    """One small file and the key show that an event was logged."""
    proof = tmp_path / "event.tlog-proof"
    assert audit("prove", export, journal.event_id(23), "--out", proof)[1]["position"] == 23
    code, answer = audit("check", proof, "--key", files.public)
    assert (code, answer["position"], answer["trusted"]) == (Exit.OK, 23, True)
    assert answer["event"].encode() == LEAVES[22]
    assert audit("check", proof)[0] is Exit.PARTLY
    proof.write_text(proof.read_text().replace("index 22", "index 21"))
    assert audit("check", proof, "--key", files.public)[0] is Exit.AUDIT_MISMATCH
    assert audit("prove", export, "41")[0] is Exit.FAILED


def test_export_and_import_over_a_database(audit: Shell, database_url: str, files: LogFiles, tmp_path: Path) -> None:
    """A database is exported, set back, and mended from the export."""
    asyncio.run(_prepare(database_url, files))
    database = ("--database-url", database_url)
    code, answer = audit("export", tmp_path / "out", *database)
    assert (code, answer["size"], answer["segments_written"]) == (Exit.OK, 40, 1)
    assert audit("verify", tmp_path / "out", "--key", files.public)[0] is Exit.OK
    asyncio.run(_cut(database_url))
    assert audit("import", tmp_path / "out", *database)[0] is Exit.USAGE
    code, answer = audit("import", tmp_path / "out", *database, "--key", files.public)
    assert (code, answer["before"], answer["after"]) == (Exit.OK, 20, 40)
    stranger = Signer.generate(journal.ORIGIN).verifier.text
    code, answer = audit("import", tmp_path / "out", *database, "--key", stranger)
    assert (code, answer["error"]) == (Exit.FAILED, "log-forked")
    assert audit("export", tmp_path / "out")[0] is Exit.USAGE


async def _prepare(url: str, files: LogFiles) -> None:
    async def keep_silent(note: str) -> None:
        """The stream plays no part here."""

    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await journal.create_tables(connection)
        await journal.write(connection, LEAVES)
    await Checkpointer(engine, files, keep_silent).sign_once()
    await engine.dispose()


async def _cut(url: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await cut_back(connection, 20)
    await engine.dispose()


def test_a_server_that_does_not_answer_may_be_asked_again(audit: Shell, tmp_path: Path) -> None:
    """Exit 75: nothing is wrong with the export, repeating is safe."""
    assert audit("export", tmp_path / "out", "--url", "http://127.0.0.1:9")[0] is Exit.TRY_AGAIN
    nowhere = "postgresql+asyncpg://nobody@127.0.0.1:9/nothing"
    assert audit("export", tmp_path / "out", "--database-url", nowhere)[0] is Exit.TRY_AGAIN


def test_an_unknown_service_is_a_usage_error(audit: Shell) -> None:
    """Replay needs the rules of a service that exists."""
    words = ("nothing", "--database-url", "x", "--scratch-url", "y")
    assert audit("diff", *words)[0] is Exit.USAGE
    assert audit("replay", *words)[0] is Exit.USAGE
    assert audit("replay", "nothing", "--scratch-url", "y")[0] is Exit.USAGE


def test_the_verifier_alone_gives_the_same_exit_codes(
    export: Path, files: LogFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`python -m tanggap.verifier` needs no more than the verifier."""

    def verifier(*words: object) -> int:
        monkeypatch.setattr("sys.argv", ["verifier", *map(str, words)])
        return run_verifier()

    assert verifier(export, "--key", files.public) == 0
    assert verifier(export, "--key", files.public, "--since", export / "checkpoint") == 0
    assert verifier(export) == 3
    tampered = Tampered(export, tmp_path / "copy")
    tampered.write_segment(17, 32, LEAVES[16:31])
    assert verifier(tampered.directory, "--key", files.public) == 5
    assert "first at position 32" in capsys.readouterr().out
    assert verifier(tmp_path / "nowhere") == 1
