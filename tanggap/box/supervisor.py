"""Starts a box, keeps its services running, and stops everything in the right order.

It owns the order of things and restarts; servers, home and programs are their own modules' affair. It runs in the main
thread, because the kernel ties a child's life to the thread that started it (see leash.py).
"""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from tanggap.box.home import Home
from tanggap.box.keys import prepare_keys
from tanggap.box.process import BoxError, Program, free_port, last_lines, start, stop, wait_until
from tanggap.box.servers import Servers
from tanggap.box.services import ServiceProgram, python_path

READY_DEADLINE_S = 60.0
MIGRATE_DEADLINE_S = 600.0
STOP_DEADLINE_S = 15.0
WATCH_INTERVAL_S = 0.25
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
STEADY_S = 60.0

Report = Callable[[str], None]


@dataclass(slots=True)
class RunningService:
    """A service the box keeps running; `pause_s` grows while it keeps ending."""

    program: ServiceProgram
    port: int
    child: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    restart_at: float = 0.0
    pause_s: float = FIRST_PAUSE_S
    restarts: int = 0

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"


@dataclass(slots=True)
class Supervisor:
    """One box on one home; `report` tells the person waiting what happens."""

    home: Home
    programs: Sequence[ServiceProgram]
    report: Report
    servers: Servers = field(init=False)
    services: list[RunningService] = field(init=False, default_factory=list)
    ending: threading.Event = field(init=False, default_factory=threading.Event)
    starting: bool = field(init=False, default=False)
    _lock: int | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Decides which servers will be used; nothing is made or started yet."""
        self.servers = Servers(self.home, [program.name for program in self.programs])

    @property
    def installation(self) -> str:
        """The name that the logs and tokens of this box carry."""
        return self.servers.secrets.installation

    def start(self) -> None:
        """Brings everything up and returns when every service is ready; raises BoxError and leaves nothing running."""
        self._lock = self.home.open()
        try:
            self.starting = True
            self._start_all()
        except BaseException:
            self.starting = False
            self.stop()
            raise
        finally:
            self.starting = False

    def end(self) -> None:
        """Asks for the end, from a signal handler: while starting by an exception, afterwards by `watch` returning."""
        self.ending.set()
        if self.starting:
            raise KeyboardInterrupt

    def watch(self, until: Callable[[], bool] = lambda: False) -> None:
        """Restarts what ends by itself, until told to end or the condition holds."""
        while not self.ending.is_set() and not until():
            self.tend()
            self.ending.wait(WATCH_INTERVAL_S)

    def tend(self) -> None:
        """Looks once at everything that should run and starts again what has ended and waited long enough."""
        for name in self.servers.restart_ended():
            self.report(f"{name} had ended and was started again")
            self._note()
        for service in self.services:
            self._tend_service(service)

    def stop(self) -> None:
        """Stops services, then the broker, then the database. Safe to repeat."""
        children = [service for service in self.services if service.child is not None]
        for service in children:
            if service.child is not None and service.child.poll() is None:
                service.child.send_signal(signal.SIGTERM)
        for service in children:
            if service.child is not None:
                stop(service.child, signal.SIGTERM, deadline_s=STOP_DEADLINE_S)
                service.child = None
        self.servers.stop()
        if self._lock is not None:
            self.home.running.unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None

    def environment(self, service: RunningService) -> Mapping[str, str]:
        """What a service is told; the names are those of shared/kit/settings.py."""
        name = service.program.name
        peers = ",".join(f"{peer.program.name}={peer.url}" for peer in self.services if peer is not service)
        return {
            **python_path(),
            "TANGGAP_SERVICE": name,
            "TANGGAP_INSTALLATION": self.installation,
            "TANGGAP_DATABASE_URL": self.servers.database_url(name),
            "TANGGAP_REDIS_URL": self.servers.redis_url(name),
            "TANGGAP_HOST": "127.0.0.1",
            "TANGGAP_PORT": str(service.port),
            "TANGGAP_KEYS_DIR": str(self.home.service_keys(name)),
            "TANGGAP_PEERS": peers,
            "TANGGAP_CONSUMERS": ",".join(service.program.consumers),
        }

    def _start_all(self) -> None:
        self.report("Starting database and broker")
        self.servers.start()
        prepare_keys(self.home, self.servers.services, installation=self.installation)
        self._choose_ports()
        self.report("Bringing databases to this release")
        self._migrate()
        self.report("Starting services")
        for service in self.services:
            self._launch(service)
        for service in self.services:
            self._wait_ready(service)
        self._note()

    def _choose_ports(self) -> None:
        taken: set[int] = set()
        for program in self.programs:
            port = free_port(program.preferred_port)
            while port in taken:
                port = free_port()
            taken.add(port)
            if port != program.preferred_port:
                self.report(f"Port {program.preferred_port} is taken: {program.name} uses {port}")
            self.services.append(RunningService(program, port))

    def _migrate(self) -> None:
        started = [(service, *self._start_migration(service)) for service in self.services if service.program.migrate]
        for service, program, child in started:
            try:
                code = child.wait(MIGRATE_DEADLINE_S)
            except subprocess.TimeoutExpired:
                child.kill()
                code = child.wait()
            if code != 0:
                text = "%(name)s could not be migrated.\n%(log)s"
                raise BoxError("migration_failed", text, name=service.program.name, log=last_lines(program.log))

    def _start_migration(self, service: RunningService) -> tuple[Program, "subprocess.Popen[bytes]"]:
        name = service.program.name
        owner = {"TANGGAP_OWNER_DATABASE_URL": self.servers.database_url(name, owner=True)}
        program = Program(
            f"{name}_migration",
            service.program.migrate,
            self.home.logs / f"{name}.migrate.log",
            environment={**self.environment(service), **owner},
        )
        program.log.unlink(missing_ok=True)
        return program, start(program)

    def _launch(self, service: RunningService) -> None:
        service.child = start(self._program(service, self.environment(service)))
        service.started_at = time.monotonic()
        service.restart_at = 0.0

    def _program(self, service: RunningService, environment: Mapping[str, str]) -> Program:
        name = service.program.name
        return Program(name, service.program.serve, self.home.logs / f"{name}.log", environment=environment)

    def _wait_ready(self, service: RunningService) -> None:
        if service.child is not None:
            program = self._program(service, {})
            wait_until(lambda: is_ready(service.url), service.child, program, deadline_s=READY_DEADLINE_S)

    def _tend_service(self, service: RunningService) -> None:
        now = time.monotonic()
        if service.child is not None:
            code = service.child.poll()
            if code is None:
                return
            service.child = None
            service.pause_s = FIRST_PAUSE_S if now - service.started_at > STEADY_S else service.pause_s
            service.restart_at = now + service.pause_s
            service.pause_s = min(service.pause_s * 2, LONGEST_PAUSE_S)
            service.restarts += 1
            self.report(f"{service.program.name} ended ({ending_in_words(code)}); it is started again")
        if now >= service.restart_at:
            self._launch(service)
            self._note()

    def _note(self) -> None:
        services: dict[str, Any] = {
            service.program.name: {
                "url": service.url,
                "pid": service.child.pid if service.child else None,
                "restarts": service.restarts,
            }
            for service in self.services
        }
        self.home.note_running(
            {
                "pid": os.getpid(),
                "installation": self.installation,
                "services": services,
                "servers": self.servers.pids(),
                "redis_admin_url": self.servers.redis_admin_url,
                "database_admin_url": self.servers.admin_url,
            }
        )


def is_ready(url: str) -> bool:
    """Whether the service at the address says it can answer requests."""
    try:
        return httpx.get(f"{url}/health/ready", timeout=2.0, trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def ending_in_words(code: int) -> str:
    """How a process ended: by which signal or with which code."""
    return f"by {signal.Signals(-code).name}" if code < 0 else f"with code {code}"
