"""`tanggap audit`: take a log out, verify it without its owner, prove single events, bring lost leaves back.

Owns words and options only; the work is done by `tanggap.verifier` (which trusts nothing) and `shared.kit.log`.
Verifying and checking need no server, no network and no configuration.
"""

import asyncio
import contextlib
import importlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from tanggap.cli.exits import Exit
from tanggap.cli.language import _
from tanggap.cli.output import answer, fail, progress
from tanggap.verifier.archive import BadArchive
from tanggap.verifier.merkle import BadProof
from tanggap.verifier.notes import BadNote, Checkpoint, Key, parse_key, read_checkpoint
from tanggap.verifier.proofs import NotInExport, check, prove
from tanggap.verifier.verify import Verdict, verify

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Folder = Annotated[Path, typer.Argument(help="The export's folder.")]
Keys = Annotated[list[str] | None, typer.Option("--key", help="A public key, or the file that holds one; repeatable.")]
Since = Annotated[Path | None, typer.Option("--since", help="A checkpoint kept from an earlier visit.")]
Url = Annotated[str | None, typer.Option("--url", help="A running service's address.")]
DatabaseUrl = Annotated[str | None, typer.Option("--database-url", help="A service's database.")]
Service = Annotated[str, typer.Argument(help="The service's name.")]
ScratchUrl = Annotated[str, typer.Option("--scratch-url", help="An empty database to build the state in.")]
TOKEN = "TANGGAP_TOKEN"
ROWS_NAMED_MAX = 100
HTTP_TIMEOUT_SECONDS = 60


@app.command("export")
def export_command(directory: Folder, url: Url = None, database_url: DatabaseUrl = None) -> None:
    """Write a log into a folder, or bring the folder up to date. The token for --url stands in TANGGAP_TOKEN."""
    exported = asyncio.run(_export(directory, url, database_url))
    checkpoint = exported.checkpoint
    document = {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()}
    document |= {"segments_written": exported.segments_written, "segments_kept": exported.segments_kept}
    answer(
        document,
        text=f"{checkpoint.origin}: " + _("%(size)s entries in %(folder)s", size=checkpoint.size, folder=directory),
    )


@app.command("verify")
def verify_command(directory: Folder, key: Keys = None, since: Since = None) -> None:
    """Verify an export against keys kept elsewhere. Exit 0: as signed; 3: no key, self-consistent only; 5: not so."""
    keys = _keys(key)
    try:
        verdict = verify(directory, keys, since=_seen(since, keys), processes=os.cpu_count() or 1)
    except (BadArchive, BadNote) as error:
        fail("export-unreadable", str(error), code=Exit.AUDIT_MISMATCH)
    code = Exit.AUDIT_MISMATCH if verdict.findings else Exit.OK if verdict.trusted else Exit.PARTLY
    answer(_verdict_document(verdict), text=_verdict_text(verdict), code=code)


@app.command("prove")
def prove_command(
    directory: Folder,
    event: Annotated[str, typer.Argument(help="The event's position or id.")],
    out: Annotated[Path | None, typer.Option("--out", help="Where to write the proof; else it is the answer.")] = None,
) -> None:
    """Make the proof that one event is in the log: a small file that `audit check` verifies with the key alone."""
    try:
        proof = prove(directory, event)
    except NotInExport as error:
        fail("not-in-export", str(error), next_step=_("Export the log again if the event is newer than the export."))
    except (BadArchive, BadNote, BadProof) as error:
        fail("export-mismatch", str(error), next_step=f"tanggap audit verify {directory}", code=Exit.AUDIT_MISMATCH)
    if out is not None:
        out.write_text(proof, encoding="utf-8")
    position = check(proof).position
    answer(
        {"position": position, "proof": proof},
        text=proof.rstrip("\n") if out is None else _("proof in %(file)s", file=out),
    )


@app.command("check")
def check_command(
    proof: Annotated[Path, typer.Argument(help="The proof's file.", exists=True, dir_okay=False)], key: Keys = None
) -> None:
    """Check a proof. Exit 0: the key's owner logged this event; 3: no key, fits itself only; 5: it proves nothing."""
    try:
        proven = check(proof.read_text(encoding="utf-8"), _keys(key))
    except (BadProof, BadNote, UnicodeDecodeError) as error:
        fail("proof-invalid", str(error), code=Exit.AUDIT_MISMATCH)
    signed = bool(proven.checkpoint.signed_by)
    document = {"origin": proven.checkpoint.origin, "position": proven.position, "size": proven.checkpoint.size}
    document |= {"trusted": signed, "event": proven.leaf.decode(errors="replace")}
    at = _("position %(position)s of %(size)s", position=proven.position, size=proven.checkpoint.size)
    text = f"{proven.checkpoint.origin}: {at}, {_trust(trusted=signed)}"
    answer(document, text=f"{text}\n{document['event']}", code=Exit.OK if signed else Exit.PARTLY)


@app.command("import")
def import_command(
    database_url: Annotated[str, typer.Option("--database-url", help="The restored or empty database, as its owner.")],
    directory: Annotated[
        Path | None, typer.Argument(help="An export that holds the missing leaves.", exists=True)
    ] = None,
    stream: Annotated[
        str | None, typer.Option("--from-stream", help="The service whose streams hold the missing leaves.")
    ] = None,
    redis_url: Annotated[
        str | None, typer.Option("--redis-url", envvar="TANGGAP_REDIS_URL", help="The broker of these streams.")
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option("--checkpoint", help="The checkpoint kept beside the log's key.", exists=True)
    ] = None,
    unsigned: Annotated[
        bool, typer.Option("--with-unsigned", help="Also take what the streams hold after the last checkpoint.")
    ] = False,
    key: Keys = None,
) -> None:
    """Append the leaves a database lacks, if the whole then is what the key signed. An empty database gets tables."""
    if not key:
        fail("key-missing", _("Leaves are imported only against the log's public key."), code=Exit.USAGE)
    if (directory is None) == (stream is None):
        fail("usage", _("Give either an export's folder or --from-stream."), code=Exit.USAGE)
    if directory is not None and (checkpoint is not None or unsigned):
        fail("usage", _("--checkpoint and --with-unsigned go with --from-stream."), code=Exit.USAGE)
    if directory is not None:
        imported = asyncio.run(_import(directory, database_url, _keys(key)))
    else:
        if redis_url is None:
            fail("usage", _("Give --redis-url, or set TANGGAP_REDIS_URL."), code=Exit.USAGE)
        kept = checkpoint.read_text(encoding="utf-8") if checkpoint is not None else None
        streams = _Streams(redis_url, str(stream), kept, unsigned=unsigned)
        imported = asyncio.run(_import_streams(streams, database_url, _keys(key)))
    afterwards = _("Run `tanggap migrate` for the service: it builds the state anew from the log.")
    document: dict[str, Any] = {"before": imported.before, "after": imported.after}
    document |= {"imported": imported.after - imported.before, "unsigned": imported.unsigned, "next_step": afterwards}
    text = _("%(imported)s leaves brought back; the log now has %(after)s.", **document)
    if imported.unsigned:
        text += " " + _(
            "The last %(unsigned)s were published and not signed yet: nothing but the broker shows them.", **document
        )
    answer(document, text=f"{text}\n{afterwards}")


@app.command("replay")
def replay_command(
    service: Service,
    scratch_url: ScratchUrl,
    directory: Annotated[Path | None, typer.Option("--from", help="An export to replay; verify it first.")] = None,
    database_url: DatabaseUrl = None,
    to: Annotated[int | None, typer.Option("--to", min=1, help="The last position; else the last one signed.")] = None,
) -> None:
    """Build a service's state as of a position from its log alone, in an empty database."""
    if (directory is None) == (database_url is None):
        fail("usage", _("Give either --from or --database-url."), code=Exit.USAGE)
    replayed = asyncio.run(_replay(service, scratch_url, directory or str(database_url), to))
    document = {"service": service, "position": replayed.position, "events": replayed.events}
    text = _("state as of position %(position)s from %(events)s events", **document)
    answer(document | {"digest": replayed.digest}, text=f"{service}: {text}: {replayed.digest}")


@app.command("diff")
def diff_command(
    service: Service,
    scratch_url: ScratchUrl,
    database_url: Annotated[str, typer.Option("--database-url", help="The service's live database.")],
) -> None:
    """Replay a live service's log into an empty database and compare every state row. Exit 5: they differ."""
    compared = asyncio.run(_diff(service, scratch_url, database_url))
    rows = [{"table": each.table, "key": each.key} for each in compared.differences]
    document = {"service": service, "position": compared.position, "live_digest": compared.live_digest}
    document |= {"replayed_digest": compared.replayed_digest, "differences": rows[:ROWS_NAMED_MAX], "count": len(rows)}
    lines = [f"{row['table']} {row['key']}" for row in rows[:ROWS_NAMED_MAX]]
    lines.append(f"{service}: " + _("%(count)s rows differ as of position %(position)s", **document))
    answer(document, text="\n".join(lines), code=Exit.AUDIT_MISMATCH if rows else Exit.OK)


@app.command("change-key")
def change_key_command(
    service: Service,
    database_url: Annotated[str, typer.Option("--database-url", help="The service's database.")],
    keys_dir: Annotated[Path, typer.Option("--keys-dir", help="The service's keys folder.", exists=True)],
    finish: Annotated[bool, typer.Option("--finish", help="Retire the old key: both have signed.")] = False,
    actor: Annotated[str, typer.Option("--actor", help="Who changes the key, as a pseudonymous id.")] = "operator",
) -> None:
    """Begin to sign with a new key beside the present one; with --finish, retire the old one."""
    document = asyncio.run(_change_key(service, database_url, keys_dir, None if finish else actor))
    answer(document)


async def _export(directory: Path, url: str | None, database_url: str | None) -> Any:
    from shared.kit.log.export import export_log

    told = 0

    def tell(done: int, total: int) -> None:
        nonlocal told
        if done == total or done - told >= total // 10:
            told = done
            progress(_("%(done)s of %(total)s entries", done=done, total=total))

    async with _source(url, database_url) as source:
        return await export_log(source, directory, progress=tell)


@contextlib.asynccontextmanager
async def _source(url: str | None, database_url: str | None) -> AsyncIterator[Any]:
    from shared.kit.log.sources import DatabaseSource, HttpSource

    if (url is None) == (database_url is None):
        fail("usage", _("Give either --url or --database-url."), code=Exit.USAGE)
    if database_url is not None:
        async with _database(database_url) as database:
            yield DatabaseSource(database.engine)
        return
    import httpx

    token = os.environ.get(TOKEN)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(base_url=str(url), headers=headers, timeout=HTTP_TIMEOUT_SECONDS) as client:
        try:
            yield HttpSource(client)
        except httpx.HTTPStatusError as error:
            allowed = error.response.status_code not in (401, 403)
            code = Exit.TRY_AGAIN if allowed else Exit.NOT_ALLOWED
            message = _("The service answered %(status)s.", status=error.response.status_code)
            fail("export-refused", message, code=code)
        except httpx.TransportError:
            message = _("%(address)s does not answer.", address=url)
            fail("unreachable", message, next_step=_("Repeat the command."), code=Exit.TRY_AGAIN)


@contextlib.asynccontextmanager
async def _database(url: str) -> AsyncIterator[Any]:
    from sqlalchemy.exc import ArgumentError

    from shared.kit.database import Database

    try:
        database = Database(url, pool_size=2)
    except ArgumentError:
        fail("usage", _("A database's URL begins postgresql+asyncpg://"), code=Exit.USAGE)
    try:
        yield database
    except OSError:
        fail("unreachable", _("The database does not answer."), next_step=_("Repeat the command."), code=Exit.TRY_AGAIN)
    finally:
        await database.close()


@dataclass(frozen=True, slots=True)
class _Streams:
    """Where the missing leaves are, and how far to believe it; `kept` is the note kept beside the key."""

    redis_url: str
    service: str
    kept: str | None
    unsigned: bool


async def _import(directory: Path, database_url: str, keys: list[Key]) -> Any:
    from shared.kit.log.imports import FolderSource
    from shared.kit.log.restoring import restore

    async with _database(database_url) as database:
        return await restore(database, FolderSource(directory), _verifiers(keys), _release)


async def _import_streams(streams: _Streams, database_url: str, keys: list[Key]) -> Any:
    from redis.asyncio import Redis
    from redis.exceptions import ConnectionError as Unreachable

    from shared.kit.log.restoring import restore_from_streams
    from shared.kit.log.streamed import StreamSource

    try:
        async with _database(database_url) as database, Redis.from_url(streams.redis_url) as redis:
            source = StreamSource(redis, streams.service, _verifiers(keys), kept=streams.kept)
            return await restore_from_streams(database, source, _verifiers(keys), _release, unsigned=streams.unsigned)
    except Unreachable:
        fail("unreachable", _("The broker does not answer."), next_step=_("Repeat the command."), code=Exit.TRY_AGAIN)


def _verifiers(keys: list[Key]) -> list[Any]:
    from shared.kit.log.notes import Verifier

    return [Verifier(each.name, each.raw) for each in keys]


def _release(service: str) -> Any:
    from shared.kit.preparing import release_of

    return release_of(_definition(service))


async def _replay(service: str, scratch_url: str, origin: Path | str, to: int | None) -> Any:
    from shared.kit.log.imports import FolderSource
    from shared.kit.log.scratch import replay_into

    definition = _definition(service)
    async with _database(scratch_url) as scratch, contextlib.AsyncExitStack() as stack:
        url = None if isinstance(origin, Path) else origin
        source = FolderSource(Path(origin)) if url is None else await stack.enter_async_context(_source(None, url))
        return await replay_into(scratch, definition, source, to=to)


async def _diff(service: str, scratch_url: str, database_url: str) -> Any:
    from shared.kit.log.scratch import compare_with_live

    definition = _definition(service)
    async with _database(database_url) as live, _database(scratch_url) as scratch:
        return await compare_with_live(live, scratch, definition)


async def _change_key(service: str, database_url: str, keys_dir: Path, actor: str | None) -> dict[str, Any]:
    from shared.kit import clock
    from shared.kit.log.keys import LogFiles
    from shared.kit.log.rotation import begin_key_change, finish_key_change

    files = LogFiles(keys_dir, service)
    async with _database(database_url) as database:
        if actor is None:
            return {"service": service, "signs_alone": (await finish_key_change(database, files)).text}
        today = clock.legal_date(clock.now(), os.environ.get("TANGGAP_TIMEZONE", "Asia/Jakarta"))
        position = await begin_key_change(database, files, actor=actor, today=today)
    next_key = files.next_public.read_text(encoding="utf-8").strip()
    return {"service": service, "position": position, "signs_too": next_key}


def _definition(service: str) -> Any:
    """The definition in `services/<name>/service.py`, the one `ServiceDefinition` that stands there."""
    from shared.kit.definition import ServiceDefinition

    try:
        module = importlib.import_module(f"services.{service}.service")
    except ModuleNotFoundError:
        fail("service-unknown", _("There is no service %(name)s here.", name=service), code=Exit.USAGE)
    return next(value for value in vars(module).values() if isinstance(value, ServiceDefinition))


def _keys(texts: list[str] | None) -> list[Key]:
    """The keys named on the command line, each as its text or as the file that holds it."""
    keys = []
    for text in texts or ():
        path = Path(text)
        try:
            keys.append(parse_key(path.read_text(encoding="utf-8") if path.is_file() else text))
        except (BadNote, UnicodeDecodeError) as error:
            message = _("%(file)s is not a public key: %(why)s", file=path.name, why=error)
            fail("key-malformed", message, code=Exit.USAGE)
    return keys


def _seen(path: Path | None, keys: list[Key]) -> Checkpoint | None:
    if path is None:
        return None
    try:
        seen = read_checkpoint(path.read_text(encoding="utf-8"), keys)
    except FileNotFoundError:
        fail("usage", _("%(file)s does not exist.", file=path), code=Exit.USAGE)
    if keys and not seen.signed_by:
        message = _("%(file)s is signed by none of the given keys.", file=path)
        fail("checkpoint-untrusted", message, code=Exit.USAGE)
    return seen


def _verdict_document(verdict: Verdict) -> dict[str, Any]:
    document: dict[str, Any] = {"origin": verdict.origin, "size": verdict.size, "root": verdict.root.hex()}
    document |= {"checkpoints": verdict.checkpoints, "trusted": verdict.trusted, "differences": verdict.count}
    document |= {"first_bad_position": verdict.first_bad_position, "keys": [key.text for key in verdict.keys]}
    found = [
        {"kind": each.kind.value, "first": each.first, "last": each.last, "detail": each.detail}
        for each in verdict.findings
    ]
    return document | {"findings": found}


def _trust(*, trusted: bool) -> str:
    return _("as signed") if trusted else _("self-consistent only: no key from outside was given")


def _verdict_text(verdict: Verdict) -> str:
    counts = _("%(size)s entries, %(checkpoints)s checkpoints", size=verdict.size, checkpoints=verdict.checkpoints)
    lines = [f"{verdict.origin}: {counts}"]
    lines += [f"  {finding}" for finding in verdict.findings]
    if verdict.findings:
        first = verdict.first_bad_position
        told = _(
            "NOT as signed: %(count)s differences, the first at position %(first)s", count=verdict.count, first=first
        )
        lines.append(told)
    else:
        lines.append(_trust(trusted=verdict.trusted))
    return "\n".join(lines)
