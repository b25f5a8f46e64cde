"""Child programs of the box: started on a leash, with a log file, stopped by signal and by a deadline.

It owns what is the same for every child program; what a program needs to be told is its own module's affair.
"""

import fcntl
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LEASH = Path(__file__).with_name("leash.py")
POLL_INTERVAL_S = 0.02
# Below those the system gives to outgoing connections: while a server is restarted, a client that asks for its port
# again and again may be given that very port, and the server cannot have it back.
PORTS = range(20_000, 32_000)


class BoxError(Exception):
    """Something the person who started the box can understand and act on; `slug` is stable.

    `text` is the English text, a key of the gettext catalogue with `%(name)s` places filled from `values`.
    """

    def __init__(self, slug: str, text: str, **values: object) -> None:
        super().__init__(text % values if values else text)
        self.slug, self.text, self.values = slug, text, values


@dataclass(frozen=True, slots=True)
class Account:
    """The operating-system account a program runs as."""

    uid: int
    gid: int
    keep_access: bool = False

    @classmethod
    def current(cls) -> "Account":
        """The account of this process."""
        return cls(os.geteuid(), os.getegid())


@dataclass(frozen=True, slots=True)
class Program:
    """What to start: `ending` is sent when the parent dies and on an ordinary stop."""

    name: str
    arguments: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    ending: signal.Signals = signal.SIGTERM
    account: Account = field(default_factory=Account.current)
    keep_open: Sequence[int] = ()


def start(program: Program, *, output: int | None = None) -> subprocess.Popen[bytes]:
    """Starts the program from this thread, which must live as long as the program should (see leash.py).

    `output` is a descriptor to write to instead of the program's log file.
    """
    account = program.account
    leash = [
        str(part) for part in (os.getpid(), int(program.ending), account.uid, account.gid, int(account.keep_access))
    ]
    with program.log.open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(LEASH), *leash, "--", *program.arguments],
            stdin=subprocess.DEVNULL,
            stdout=log if output is None else output,
            stderr=subprocess.STDOUT if output is None else None,
            cwd="/",
            env={**os.environ, **program.environment},
            pass_fds=tuple(program.keep_open),
            start_new_session=True,  # Ctrl-C reaches the supervisor alone, which stops its children in order
        )


def stop(child: subprocess.Popen[bytes], ending: signal.Signals, *, deadline_s: float = 20.0) -> int:
    """Ends the child by its signal, and by SIGKILL when it does not end in time."""
    if child.poll() is None:
        child.send_signal(ending)
        try:
            child.wait(deadline_s)
        except subprocess.TimeoutExpired:
            child.kill()
    return child.wait()


def wait_until(
    ready: Callable[[], bool], child: subprocess.Popen[bytes], program: Program, *, deadline_s: float
) -> None:
    """Waits for the condition; raises BoxError with the log's last lines when the child ends or time runs out."""
    ends_at = time.monotonic() + deadline_s
    while not ready():
        if child.poll() is not None:
            raise BoxError(
                f"{program.name}_ended",
                "%(name)s ended at its start.\n%(log)s",
                name=program.name,
                log=last_lines(program.log),
            )
        if time.monotonic() > ends_at:
            raise BoxError(
                f"{program.name}_not_ready",
                "%(name)s was not ready after %(seconds)s s.\n%(log)s",
                name=program.name,
                seconds=round(deadline_s),
                log=last_lines(program.log),
            )
        time.sleep(POLL_INTERVAL_S)


def last_lines(log: Path, *, lines: int = 12) -> str:
    """The end of a program's log, for the person who has to find out why it ended."""
    if not log.exists():
        return "(no log)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def lock_folder(folder: Path, *, deadline_s: float = 0.0) -> int:
    """Takes the folder's lock and returns its descriptor; raises BoxError `folder_in_use` when another holds it.

    The descriptor is handed on to the server using the folder, so the lock lasts as long as the server, even when
    the process that started it is gone.
    """
    path = folder / ".lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    ends_at = time.monotonic() + deadline_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= ends_at:
                os.close(descriptor)
                raise BoxError("folder_in_use", "%(folder)s is in use by another running box.", folder=folder) from None
            time.sleep(POLL_INTERVAL_S)
        else:
            return descriptor


def free_port(preferred: int | None = None) -> int:
    """A free loopback port, the preferred one if it is free."""
    for port in (preferred, *random.SystemRandom().sample(PORTS, 100)):
        if port is None:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise BoxError("no_free_port", "No loopback port is free.")


def write_private(path: Path, text: str, *, account: Account | None = None) -> None:
    """Writes a file only its owner may read, replacing an older one as a whole."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if account is not None and account.uid != os.geteuid():
        os.chown(temporary, account.uid, account.gid)
    temporary.replace(path)
