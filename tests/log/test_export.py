"""An export holds the log byte for byte, survives being interrupted, grows, and refuses what is not its log."""

import contextlib
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.kit.errors import DomainError
from shared.kit.log.checkpoints import Checkpointer
from shared.kit.log.errors import LogBehind, LogDamaged, LogEmpty
from shared.kit.log.export import ExportRefused, export_log
from shared.kit.log.http import log_router
from shared.kit.log.keys import LogFiles
from shared.kit.log.notes import Signer
from shared.kit.log.sources import DatabaseSource, HttpSource, LogSource
from tanggap.verifier.findings import Kind
from tanggap.verifier.notes import Key, parse_key
from tanggap.verifier.verify import verify
from tests.log import journal
from tests.log.exports import Journal, Tampered
from tests.log.test_http import as_problem

LEAVES = journal.leaves(1_300)


async def keep_silent(note: str) -> None:
    """The stream plays no part here."""


async def grow(engine: AsyncEngine, files: LogFiles, leaves: list[bytes]) -> None:
    async with engine.begin() as connection:
        await journal.write(connection, leaves)
    await Checkpointer(engine, files, keep_silent).sign_once()


@contextlib.asynccontextmanager
async def over_http(engine: AsyncEngine) -> AsyncIterator[LogSource]:
    app = FastAPI()
    app.include_router(log_router(engine, lambda: None))
    app.add_exception_handler(DomainError, as_problem)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://toy") as client:
        yield HttpSource(client)


def key_of(files: LogFiles) -> Key:
    return parse_key(files.public.read_text())


@pytest.mark.parametrize("way", ["database", "http"])
@pytest.mark.parametrize("width", [100, 256, 512, 65_536])
async def test_an_export_holds_the_log_byte_for_byte(
    engine: AsyncEngine, files: LogFiles, tmp_path: Path, way: str, width: int
) -> None:
    """From the database or the running service, the same leaves and hashes come out, and the verifier agrees."""
    await grow(engine, files, LEAVES[:700])
    await grow(engine, files, LEAVES[700:])
    async with contextlib.AsyncExitStack() as stack:
        source = DatabaseSource(engine) if way == "database" else await stack.enter_async_context(over_http(engine))
        exported = await export_log(source, tmp_path / "toy", segment_leaves=width)
    assert exported.checkpoint.size == 1_300
    verdict = verify(tmp_path / "toy", [key_of(files)])
    assert (verdict.findings, verdict.size, verdict.checkpoints, verdict.trusted) == ((), 1_300, 2, True)
    assert Tampered(tmp_path / "toy", tmp_path / "copy").leaves == LEAVES


async def test_an_export_grows_by_what_is_new(engine: AsyncEngine, files: LogFiles, tmp_path: Path) -> None:
    """Exporting again writes the new segments and the grown last one; complete ones are not touched."""
    await grow(engine, files, LEAVES[:700])
    await export_log(DatabaseSource(engine), tmp_path / "toy", segment_leaves=256)
    first = tmp_path / "toy" / "entries" / "000000000001-000000000256.jsonl.zst"
    before = first.stat()
    await grow(engine, files, LEAVES[700:])
    exported = await export_log(DatabaseSource(engine), tmp_path / "toy", segment_leaves=256)
    assert (exported.segments_kept, exported.segments_written) == (2, 4)
    assert first.stat().st_mtime_ns == before.st_mtime_ns
    assert len(list((tmp_path / "toy" / "entries").iterdir())) == 6
    assert verify(tmp_path / "toy", [key_of(files)]).findings == ()


class Breaking(Journal):
    """A log that goes away after so many answers."""

    def __init__(self, answers: int, count: int, signer: Signer) -> None:
        super().__init__(LEAVES[:count], (count // 2, count), [signer])
        self.answers = answers

    def _answer(self) -> None:
        self.answers -= 1
        if self.answers < 0:
            raise ConnectionError

    async def latest_note(self) -> str:
        self._answer()
        return await super().latest_note()

    async def notes(self, after: int) -> list[str]:
        self._answer()
        return await super().notes(after)

    async def leaves(self, after: int, to: int) -> AsyncIterator[list[bytes]]:
        self._answer()
        async for portion in super().leaves(after, to):
            yield portion

    async def leaf_hashes(self, after: int, to: int) -> bytes:
        self._answer()
        return await super().leaf_hashes(after, to)


async def test_an_export_interrupted_anywhere_keeps_the_last_one_and_goes_on(tmp_path: Path) -> None:
    """After any interruption the folder still holds the complete earlier export; exporting again completes it."""
    signer = Signer.generate(journal.ORIGIN)
    key = parse_key(signer.verifier.text)
    for answers in range(6):
        directory = tmp_path / f"after-{answers}"
        await export_log(Breaking(99, 40, signer), directory, segment_leaves=16)
        with pytest.raises(ConnectionError):
            await export_log(Breaking(answers, 60, signer), directory, segment_leaves=16)
        verdict = verify(directory, [key])
        assert (verdict.findings, verdict.size) == ((), 40)
        await export_log(Breaking(99, 60, signer), directory, segment_leaves=16)
        verdict = verify(directory, [key])
        assert (verdict.findings, verdict.size) == ((), 60)
        assert not [path for path in directory.rglob("*") if path.name.endswith(".part")]


async def test_an_entry_edited_in_the_database_is_named_from_its_export(
    engine: AsyncEngine, files: LogFiles, tmp_path: Path
) -> None:
    """The tiles remember what was signed: whoever edits a row in the database is found by its position."""
    await grow(engine, files, LEAVES)
    async with engine.begin() as connection:
        forged = LEAVES[776].replace(b'"count":777', b'"count":999')
        statement = sa.text("UPDATE log.entry SET leaf = :leaf WHERE position = 777")
        await connection.execute(statement, {"leaf": forged})
    await export_log(DatabaseSource(engine), tmp_path / "toy")
    found = verify(tmp_path / "toy", [key_of(files)]).findings
    assert [(each.kind, each.first, each.last) for each in found] == [(Kind.ENTRY_DIFFERS, 777, 777)]


async def test_a_missing_entry_stops_the_export_by_name(engine: AsyncEngine, files: LogFiles, tmp_path: Path) -> None:
    """A log with a hole is not exported as if it were whole."""
    await grow(engine, files, LEAVES)
    async with engine.begin() as connection:
        await connection.execute(sa.text("DELETE FROM log.entry WHERE position = 777"))
    with pytest.raises(LogDamaged, match="777"):
        await export_log(DatabaseSource(engine), tmp_path / "toy")
    async with over_http(engine) as source:
        with pytest.raises(LogDamaged):
            await export_log(source, tmp_path / "toy")


async def test_an_export_is_not_replaced_by_a_shorter_log(tmp_path: Path) -> None:
    """An export that has seen more than the log now shows keeps what it has and says so."""
    signer = Signer.generate(journal.ORIGIN)
    await export_log(Breaking(99, 60, signer), tmp_path / "toy", segment_leaves=16)
    with pytest.raises(LogBehind):
        await export_log(Breaking(99, 40, signer), tmp_path / "toy", segment_leaves=16)
    assert verify(tmp_path / "toy", [parse_key(signer.verifier.text)]).size == 60


async def test_a_folder_takes_one_log_in_one_layout(tmp_path: Path) -> None:
    """Another width, or another log, needs another folder."""
    signer = Signer.generate(journal.ORIGIN)
    await export_log(Breaking(99, 40, signer), tmp_path / "toy", segment_leaves=16)
    with pytest.raises(ExportRefused):
        await export_log(Breaking(99, 40, signer), tmp_path / "toy", segment_leaves=32)


async def test_a_log_that_is_not_signed_yet_cannot_be_exported(engine: AsyncEngine, tmp_path: Path) -> None:
    """An export ends at a checkpoint; before the first there is none."""
    async with over_http(engine) as over:
        for source in (DatabaseSource(engine), over):
            with pytest.raises(LogEmpty):
                await export_log(source, tmp_path / "toy")


def test_the_verifier_runs_alone(tmp_path: Path) -> None:
    """The verifier imports nothing of the services, the kit or the rest of the box."""
    script = (
        "import sys, pkgutil, importlib, tanggap.verifier as v\n"
        "for m in pkgutil.iter_modules(v.__path__):\n"
        "    m.name != '__main__' and importlib.import_module('tanggap.verifier.' + m.name)\n"
        "bad = [m for m in sys.modules if m.split('.')[0] in ('shared', 'services', 'sqlalchemy', 'pydantic', 'typer')"
        " or (m.startswith('tanggap.') and not m.startswith('tanggap.verifier'))]\n"
        "sys.exit(str(bad) if bad else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
