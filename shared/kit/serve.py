"""A service as a process: its app, served until told to stop.

Owns the app's assembly from a runtime and the process's exit code. `services/<name>/app.py` calls `main`.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from importlib.metadata import PackageNotFoundError, version

import structlog
import uvicorn
from fastapi import FastAPI

from shared.kit.access.roles import require
from shared.kit.definition import ServiceDefinition
from shared.kit.errors import DomainError
from shared.kit.http.app import AppParts, create_app
from shared.kit.log.errors import LogError
from shared.kit.log.http import log_router
from shared.kit.memory import spare_what_is_loaded
from shared.kit.observe.logging import configure_logging
from shared.kit.preparing import prepare
from shared.kit.runtime import Runtime
from shared.kit.settings import Settings
from shared.kit.streams import asyncapi
from shared.kit.streams.asyncapi import asyncapi_router
from shared.kit.streams.http import parked_router

EXIT_FAILED = 1
EXIT_USAGE = 2
LOG_READERS = ("auditor", "operator", "service")

_log = structlog.get_logger(__name__)


def app_of(runtime: Runtime) -> FastAPI:
    """The app of a runtime: the service's routes, the log's, the parked entries' and the operational ones."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            await runtime.start()
        except Exception as error:
            _log.critical("start-refused", slug=getattr(error, "slug", "fault"), exc_info=error)
            raise
        spare_what_is_loaded()
        try:
            yield
        finally:
            await runtime.stop()

    definition = runtime.definition
    app = create_app(
        AppParts(
            title=definition.title,
            version=release(),
            settings=runtime.settings,
            verifier=runtime.verifier,
            metrics=runtime.metrics,
            routers=[
                *definition.routers(runtime),
                log_router(runtime.database.engine, require(*LOG_READERS)),
                parked_router(runtime),
                asyncapi_router(definition, release()),
            ],
            public=asyncapi.PATHS,
            lifespan=lifespan,
            checks={"database": runtime.check_database, "log": runtime.check_log},
            flow=runtime.flow,
            locales=[definition.locale] if definition.locale else [],
            media_types=definition.media_types,
        )
    )
    app.state.runtime = runtime
    return app


def release() -> str:
    """The installed version, or that it is not installed."""
    try:
        return version("tanggap")
    except PackageNotFoundError:
        return "0+uninstalled"


def main(definition: ServiceDefinition) -> int:
    """Run a service's program with the environment's settings: `migrate`, or serve. Gives the exit code."""
    settings = Settings()
    configure_logging(definition.name, level=settings.log_level)
    match sys.argv[1:]:
        case []:
            return _serve(definition, settings)
        case ["migrate"]:
            return _migrate(definition, settings)
        case _:
            sys.stderr.write(f"usage: python -m services.{definition.name}.app [migrate]\n")
            return EXIT_USAGE


def _migrate(definition: ServiceDefinition, settings: Settings) -> int:
    try:
        done = asyncio.run(prepare(definition, settings))
    except DomainError as error:
        _log.critical("migration-refused", slug=error.problem.slug)
        return EXIT_FAILED
    except LogError as error:
        _log.critical("migration-refused", slug=error.slug, reason=f"{error}. {error.next_step}")
        return EXIT_FAILED
    _log.info("migrated", revision=done.revision, count=done.events_replayed)
    return 0


def _serve(definition: ServiceDefinition, settings: Settings) -> int:
    try:
        runtime = Runtime(definition, settings)
    except DomainError as error:
        _log.critical("start-refused", slug=error.problem.slug)
        return EXIT_FAILED
    return serve(runtime)


def serve(runtime: Runtime) -> int:
    """Serve until SIGTERM or SIGINT. Gives 0 after a clean stop, 1 if a part failed or the start was refused."""
    settings = runtime.settings
    config = uvicorn.Config(
        app_of(runtime),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=settings.stop_deadline_s,
    )
    server = _Server(config)
    failed: list[bool] = []

    def give_up() -> None:
        failed.append(True)
        os.kill(os.getpid(), signal.SIGTERM)

    runtime.on_fatal = give_up
    server.run()
    return EXIT_FAILED if failed or not server.started else 0


class _Server(uvicorn.Server):
    """A server whose process ends with an exit code of ours: uvicorn's would raise the signal once more."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop cleanly at SIGTERM and SIGINT, at once at the second one."""
        before = {one: signal.signal(one, self.handle_exit) for one in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal.signal(one, handler)
