"""The PostgreSQL and Redis servers the tests run against: explicit URL, else containers, else the wheels.

It owns finding and starting them; `tests/conftest.py` turns them into fixtures. There is no in-memory stand-in.
`TANGGAP_TEST_SERVERS=docker|wheels` forces one way and fails instead of taking another.
"""

import contextlib
import os
import shutil
import signal
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
import redis

from tanggap.box.databases import execute, run_apart
from tanggap.box.postgres import DURABLE, FORGETFUL, EmbeddedPostgres
from tanggap.box.valkey import EmbeddedValkey, service_rule

POSTGRES_IMAGE = os.environ.get("TANGGAP_TEST_POSTGRES_IMAGE", "postgres:17")
REDIS_IMAGE = os.environ.get("TANGGAP_TEST_REDIS_IMAGE", "redis:8")


@dataclass(frozen=True)
class PostgresServer:
    """A PostgreSQL server tests may make databases on; `origin` is url, docker or wheels."""

    admin_url: str
    origin: str

    def create_database(self, name: str | None = None, *, like: str = "template0") -> str:
        """Makes an empty database, or a copy of one nobody is connected to, and returns its SQLAlchemy URL.

        The URL is `postgresql+asyncpg://` and the superuser's; `like` is a database's name or URL.
        """
        name = name or f"test_{uuid.uuid4().hex[:20]}"
        template = urlsplit(like).path.lstrip("/") if "://" in like else like
        run_apart(execute(self.admin_url, [f'CREATE DATABASE "{name}" TEMPLATE "{template}"']))
        return with_database(self.admin_url, name, scheme="postgresql+asyncpg")

    def drop_database(self, url_or_name: str) -> None:
        """Drops a database, ending the sessions that are still open in it."""
        name = urlsplit(url_or_name).path.lstrip("/") if "://" in url_or_name else url_or_name
        run_apart(execute(self.admin_url, [f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)']))


@dataclass
class PrivatePostgres:
    """A PostgreSQL server of one test, which may kill and restart it; its writes are durable."""

    embedded: EmbeddedPostgres

    @property
    def server(self) -> PostgresServer:
        """The same server, to make databases on."""
        return PostgresServer(self.embedded.admin_url, "wheels")

    def create_database(self, name: str | None = None) -> str:
        """See `PostgresServer.create_database`; the URL stays right over restarts."""
        return self.server.create_database(name)

    def kill(self) -> None:
        """Kills all of it at once, as a power cut would."""
        self.embedded.kill()

    def stop(self) -> None:
        """Stops it in order."""
        self.embedded.stop()

    def restart(self) -> None:
        """Starts it again on the same folder and port, after stopping it if it still runs."""
        self.embedded.stop()
        self.embedded.start()


@dataclass
class PrivateRedis:
    """A Redis-compatible server of one test, which may kill, flush, cut and restart it."""

    embedded: EmbeddedValkey
    passwords: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The URL of the user that may do everything."""
        return self.embedded.admin_url

    def service_url(self, service: str) -> str:
        """The URL of a service's own user, limited as in the box."""
        return self.embedded.url(service, self.passwords[service])

    def kill(self) -> None:
        """Kills it at once (SIGKILL)."""
        self.embedded.kill()

    def stop(self) -> None:
        """Stops it in order."""
        self.embedded.stop()

    def freeze(self) -> None:
        """Stops it answering without closing connections (SIGSTOP) until `thaw`."""
        assert self.embedded.child is not None
        self.embedded.child.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Lets a frozen server go on."""
        assert self.embedded.child is not None
        self.embedded.child.send_signal(signal.SIGCONT)

    def restart(self) -> None:
        """Starts it again on the same folder and port, after stopping it if it still runs."""
        self.embedded.stop()
        self.embedded.start()

    def flush(self) -> None:
        """Deletes every key."""
        with contextlib.closing(redis.Redis.from_url(self.url)) as client:
            client.flushall()

    def cut_aof(self, size_bytes: int) -> None:
        """Kills it, cuts so many bytes off the end of its append-only file and starts it again."""
        self.embedded.kill()
        file = self.embedded.append_only_file()
        os.truncate(file, max(0, file.stat().st_size - size_bytes))
        self.embedded.start()


def with_database(url: str, database: str, *, scheme: str | None = None) -> str:
    """The URL with another database and, if wanted, another scheme."""
    parts = urlsplit(url)
    return urlunsplit((scheme or parts.scheme.partition("+")[0], parts.netloc, f"/{database}", parts.query, ""))


@contextlib.contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """The session's PostgreSQL, found in the order the module names."""
    origin = server_origin("TANGGAP_TEST_DATABASE_URL", POSTGRES_IMAGE)
    if origin == "url":
        url = os.environ["TANGGAP_TEST_DATABASE_URL"]
        yield PostgresServer(with_database(url, urlsplit(url).path.lstrip("/") or "postgres"), origin)
    elif origin == "docker":
        with _postgres_container() as url:
            yield PostgresServer(url, origin)
    else:
        with temporary_folder() as folder:
            embedded = EmbeddedPostgres(folder / "postgres", durability=FORGETFUL)
            embedded.start()
            try:
                yield PostgresServer(embedded.admin_url, origin)
            finally:
                embedded.stop()


@contextlib.contextmanager
def redis_server() -> Iterator[str]:
    """The URL of the session's Redis, found in the order the module names."""
    origin = server_origin("TANGGAP_TEST_REDIS_URL", REDIS_IMAGE)
    if origin == "url":
        yield os.environ["TANGGAP_TEST_REDIS_URL"]
    elif origin == "docker":
        with _redis_container() as url:
            yield url
    else:
        with private_redis() as private:
            yield private.url


@contextlib.contextmanager
def private_postgres(*, durable: bool = True) -> Iterator[PrivatePostgres]:
    """A server of the test's own, from the wheel; skips where containers are forced."""
    _skip_private_where_forced_to_docker()
    with temporary_folder() as folder:
        embedded = EmbeddedPostgres(folder / "postgres", durability=DURABLE if durable else FORGETFUL)
        embedded.start()
        try:
            yield PrivatePostgres(embedded)
        finally:
            embedded.stop()


@contextlib.contextmanager
def private_redis(*, services: Sequence[str] = (), append_fsync: str = "everysec") -> Iterator[PrivateRedis]:
    """A server of the test's own, from the wheel, with a limited user for each named service."""
    _skip_private_where_forced_to_docker()
    passwords = {service: uuid.uuid4().hex for service in services}
    access = [service_rule(service, password) for service, password in passwords.items()]
    with temporary_folder() as folder:
        embedded = EmbeddedValkey(folder / "valkey", access=access, append_fsync=append_fsync)
        embedded.start()
        try:
            yield PrivateRedis(embedded, passwords)
        finally:
            if embedded.child is not None:
                embedded.child.send_signal(signal.SIGCONT)  # a frozen server would not hear its stop
            embedded.stop()


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="tanggap-test-"))
    folder.chmod(0o711)  # the server's account may enter, not list
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def forced_way() -> str:
    """`docker`, `wheels` or nothing, as the environment says."""
    forced = os.environ.get("TANGGAP_TEST_SERVERS", "")
    if forced not in ("", "docker", "wheels"):
        raise pytest.UsageError(f"TANGGAP_TEST_SERVERS must be docker or wheels, not {forced!r}")
    return forced


def server_origin(variable: str, image: str) -> str:
    """Where a server comes from: `url`, `docker` or `wheels`."""
    forced = forced_way()
    if forced:
        return forced
    if os.environ.get(variable):
        return "url"
    return "docker" if _image_is_local(image) else "wheels"


def _image_is_local(image: str) -> bool:
    """Whether a Docker engine answers and holds the image; nothing is ever pulled."""
    import docker
    from docker.errors import DockerException

    try:
        with contextlib.closing(docker.from_env(timeout=5)) as client:
            client.images.get(image)
    except DockerException:
        return False
    return True


def _skip_private_where_forced_to_docker() -> None:
    if forced_way() == "docker":
        pytest.skip("kills and cuts its own server, which the wheels' servers allow and containers do not")


@contextlib.contextmanager
def _postgres_container() -> Iterator[str]:
    os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")
    from testcontainers.community.postgres import PostgresContainer

    container = PostgresContainer(POSTGRES_IMAGE, username="postgres", password=uuid.uuid4().hex, dbname="postgres")
    container.with_command("postgres -c fsync=off -c full_page_writes=off -c synchronous_commit=off")
    with container:
        yield container.get_connection_url(driver=None)


@contextlib.contextmanager
def _redis_container() -> Iterator[str]:
    os.environ.setdefault("TESTCONTAINERS_RYUK_DISABLED", "true")
    from testcontainers.community.redis import RedisContainer

    with RedisContainer(REDIS_IMAGE) as container:
        yield f"redis://{container.get_container_host_ip()}:{container.get_exposed_port(6379)}/0"
