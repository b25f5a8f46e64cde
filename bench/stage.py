"""Where everything is measured: servers and services of the bench's own, on loopback, gone afterwards.

Owns starting and stopping them: PostgreSQL and Valkey from the wheels with the box's durable settings, the services
as the box starts them, with their ordinary settings except that one client may send without a limit of rate.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx

from bench.cpu import CpuMeter
from shared.kit.access.provision import provision
from shared.kit.access.tokens import Grant, issue, load_signing_key
from tanggap.box.databases import execute
from tanggap.box.home import Home
from tanggap.box.postgres import EmbeddedPostgres
from tanggap.box.process import Program, free_port, start, stop, wait_until
from tanggap.box.servers import Servers
from tanggap.box.services import installed_services, python_path
from tanggap.box.valkey import EmbeddedValkey

READY_DEADLINE_S = 60.0
MIGRATE_DEADLINE_S = 120.0
TOKEN_TTL = timedelta(hours=12)
USUAL = ("usual_producer", "usual_consumer")
ECHO = "echo"
CONSUMERS = ("logistics", "aid")


class Stage:
    """Servers with a database each for services and for the usual way; services started by name."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tanggap-bench-"))
        self.services = [service.name for service in installed_services()]
        self._home = Home.at(self.folder / "home")
        self._home.open()
        self._servers = Servers(self._home, [*self.services, *USUAL])
        # Its own servers, whatever the environment says: outside ones hold what must not be measured on.
        self._servers.postgres = EmbeddedPostgres(self._home.postgres)
        self._servers.valkey = EmbeddedValkey(self._home.valkey)
        self._ports: dict[str, int] = {}
        self._running: dict[str, tuple[Program, subprocess.Popen[bytes]]] = {}

    def start(self) -> None:
        """Start the servers and make databases, roles and keys."""
        self.folder.chmod(0o711)  # the database's account may enter, not list
        self._servers.start()
        folders = [self.keys_dir(name) for name in (*self.services, ECHO)]
        for folder in folders:
            folder.mkdir(mode=0o700, parents=True)
        provision(folders, installation=self.installation)

    def stop(self) -> None:
        """Stop everything and remove it."""
        for name in list(self._running):
            self.stop_program(name)
        self._servers.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def installation(self) -> str:
        """The installation's name, which tokens carry."""
        return self._servers.secrets.installation

    @property
    def redis_url(self) -> str:
        """The broker, for the user that may do everything."""
        return self._servers.redis_admin_url

    def admin_url(self, database: str) -> str:
        """A database, for the superuser, as asyncpg reads it."""
        parts = urlsplit(self._servers.admin_url)
        return urlunsplit((parts.scheme, parts.netloc, f"/{database}", parts.query, ""))

    def keys_dir(self, name: str) -> Path:
        """The folder of a service's keys."""
        return self._home.service_keys(name)

    def url(self, name: str) -> str:
        """Where a program answers."""
        return f"http://127.0.0.1:{self._ports[name]}"

    def token(self, *roles: str, subject: str = "bench") -> str:
        """A token of the installation, valid everywhere."""
        key = load_signing_key(self.keys_dir(self.services[0]))
        scope = {"area": ("*",), "place": ("*",), "owner": ("*",)}
        return issue(key, Grant(subject, roles, scope=scope), installation=self.installation, ttl=TOKEN_TTL)

    def start_services(self, names: Sequence[str] = ()) -> None:
        """Migrate and start these services, or every one there is, and wait until all are ready."""
        started = names or self.services
        for name in self.services:
            self._ports[name] = free_port()
        migrations = [start(self._service(name, "migrate")) for name in started]
        for name, migration in zip(started, migrations, strict=True):
            if migration.wait(MIGRATE_DEADLINE_S) != 0:
                raise RuntimeError(f"{name} was not migrated: see {self._log(name)}")
        for name in started:
            self._start(name, self._service(name))
        for name in started:
            self._wait_ready(name)

    def stop_program(self, name: str) -> None:
        """Stop one program in order."""
        program, child = self._running.pop(name)
        stop(child, program.ending)

    def environment(self, name: str) -> dict[str, str]:
        """What a service is told; the names are those of shared/kit/settings.py."""
        peers = ",".join(f"{peer}={self.url(peer)}" for peer in self.services if peer != name)
        return {
            **python_path(),
            "TANGGAP_SERVICE": name,
            "TANGGAP_INSTALLATION": self.installation,
            "TANGGAP_DATABASE_URL": self._servers.database_url(name),
            "TANGGAP_OWNER_DATABASE_URL": self._servers.database_url(name, owner=True),
            "TANGGAP_REDIS_URL": self._servers.redis_url(name),
            "TANGGAP_KEYS_DIR": str(self.keys_dir(name)),
            "TANGGAP_PORT": str(self._ports[name]),
            "TANGGAP_PEERS": peers,
            "TANGGAP_RATE_LIMIT_PER_MINUTE": "0",
        }

    def cpu(self) -> CpuMeter:
        """A meter over everything that runs now."""
        servers = self._servers.pids()
        pids = {name: child.pid for name, (_, child) in self._running.items()}
        return CpuMeter({**pids, "valkey": servers["valkey"]}, servers["postgres"])

    async def settle(self) -> None:
        """Let PostgreSQL write out what earlier runs left, so that none pays for another."""
        await execute(self.admin_url("postgres"), ["CHECKPOINT"])

    def start_echo(self) -> None:
        """Start the HTTP echo with a service's settings."""
        told = {"TANGGAP_SERVICE": ECHO, "TANGGAP_KEYS_DIR": str(self.keys_dir(ECHO))}
        self._start_module(ECHO, "bench.echo", {**self.environment("victims"), **told})

    def start_usual(self) -> None:
        """Start the two services of the usual way, the consumer first: its group begins at what is new."""
        for name, module in zip(reversed(USUAL), ("bench.usual.consumer", "bench.usual.producer"), strict=True):
            urls = {"DATABASE_URL": self._servers.database_url(name, owner=True), "REDIS_URL": self.redis_url}
            self._start_module(name, module, {**python_path(), **urls})

    def _service(self, name: str, *words: str) -> Program:
        serve = next(service.serve for service in installed_services() if service.name == name)
        return self._program(name, [*serve, *words], self.environment(name))

    def _program(self, name: str, arguments: Sequence[str], environment: Mapping[str, str]) -> Program:
        return Program(name, arguments, self._log(name), environment=environment)

    def _log(self, name: str) -> Path:
        return self._home.logs / f"{name}.log"

    def _start_module(self, name: str, module: str, environment: Mapping[str, str]) -> None:
        self._ports[name] = free_port()
        told = {**environment, "TANGGAP_PORT": str(self._ports[name])}
        self._start(name, self._program(name, [sys.executable, "-m", module], told))
        self._wait_ready(name)

    def _start(self, name: str, program: Program) -> None:
        self._running[name] = (program, start(program))

    def _wait_ready(self, name: str) -> None:
        program, child = self._running[name]
        wait_until(lambda: _answers(self.url(name)), child, program, deadline_s=READY_DEADLINE_S)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready", timeout=2.0, trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
