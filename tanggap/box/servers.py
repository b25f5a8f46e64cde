"""The database and broker a box uses: its own embedded ones, or those the environment names.

`TANGGAP_DATABASE_URL` names a role of an outside PostgreSQL that may make roles and databases, and `TANGGAP_REDIS_URL`
an outside Redis; the box then makes databases and roles there but neither starts, stops nor tunes the server.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit, urlunsplit

from tanggap.box.databases import close_default_databases, prepare_service, run_apart
from tanggap.box.home import Home, Secrets
from tanggap.box.postgres import EmbeddedPostgres
from tanggap.box.process import BoxError
from tanggap.box.valkey import EmbeddedValkey, service_rule


@dataclass(slots=True)
class Servers:
    """The servers of one box between `start` and `stop`."""

    home: Home
    services: Sequence[str]
    secrets: Secrets = field(init=False, default_factory=lambda: Secrets({}))
    postgres: EmbeddedPostgres | None = field(init=False)
    valkey: EmbeddedValkey | None = field(init=False)

    def __post_init__(self) -> None:
        """Decides which servers are the box's own."""
        outside_postgres = os.environ.get("TANGGAP_DATABASE_URL")
        outside_redis = os.environ.get("TANGGAP_REDIS_URL")
        self.postgres = None if outside_postgres else EmbeddedPostgres(self.home.postgres)
        self.valkey = None if outside_redis else EmbeddedValkey(self.home.valkey)

    @property
    def admin_url(self) -> str:
        """The PostgreSQL role that makes databases and roles."""
        return self.postgres.admin_url if self.postgres else plain_url(os.environ["TANGGAP_DATABASE_URL"])

    @property
    def redis_admin_url(self) -> str:
        """The Redis user that may do everything (outside: the only one known)."""
        return self.valkey.admin_url if self.valkey else os.environ["TANGGAP_REDIS_URL"]

    def start(self) -> None:
        """Starts the embedded servers and makes each service's database and roles."""
        self.secrets = self.home.secrets_for(self.services)
        if self.postgres:
            self.postgres.start()
            run_apart(close_default_databases(self.postgres.admin_url))
        if self.valkey:
            self.valkey.access = [service_rule(name, self.secrets.redis(name)) for name in self.services]
            self.valkey.start()
        for service in self.services:
            run_apart(prepare_service(self.admin_url, service, self.secrets.database(service)))

    def restart_ended(self) -> list[str]:
        """Starts embedded servers again that ended by themselves and names them; their addresses stay the same."""
        ended: list[str] = []
        for name, server in (("PostgreSQL", self.postgres), ("Valkey", self.valkey)):
            if server is None or server.child is None or server.child.poll() is None:
                continue
            port = server.port
            server.child = None
            server.start()
            ended.append(name)
            if server.port != port:
                text = "%(name)s ended and another program has taken its port %(port)s. Start again."
                raise BoxError("port_lost", text, name=name, port=port)
        return ended

    def stop(self) -> None:
        """Stops the embedded servers, the broker first."""
        if self.valkey:
            self.valkey.stop()
        if self.postgres:
            self.postgres.stop()

    def pids(self) -> dict[str, int]:
        """The process ids of the embedded servers."""
        running = {"postgres": self.postgres, "valkey": self.valkey}
        return {name: server.child.pid for name, server in running.items() if server and server.child}

    def database_url(self, service: str, *, owner: bool = False) -> str:
        """A service's SQLAlchemy URL, as the role that runs it or as the one that owns its tables."""
        passwords = self.secrets.database(service)
        user, password = (f"{service}_owner", passwords.owner) if owner else (service, passwords.service)
        parts = urlsplit(self.admin_url)
        place = parts.netloc.rpartition("@")[2]
        netloc = f"{user}:{quote(password, safe='')}@{place}"
        return urlunsplit(("postgresql+asyncpg", netloc, f"/{service}", parts.query, ""))

    def redis_url(self, service: str) -> str:
        """A service's Redis URL, as its own limited user on the embedded server."""
        return self.valkey.url(service, self.secrets.redis(service)) if self.valkey else self.redis_admin_url


def plain_url(url: str) -> str:
    """A PostgreSQL URL without SQLAlchemy's driver, as asyncpg and libpq read it."""
    scheme, separator, rest = url.partition("://")
    return f"{scheme.partition('+')[0]}{separator}{rest}"
