"""The app of a service: its routes behind the edge, with every error a problem.

Owns the composition of the HTTP parts, and the check that no route was left without a guard. Must not build
what the routes work on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.types import Lifespan

from shared.kit.access.roles import Require
from shared.kit.access.tokens import TokenVerifier
from shared.kit.errors import DomainError
from shared.kit.http import health
from shared.kit.http.direct import Direct, doors_of
from shared.kit.http.edge import MEDIA_TYPES, Edge, Gate
from shared.kit.http.limits import BodyReader, RateLimiter
from shared.kit.http.openapi import with_problems
from shared.kit.http.problems import ProblemHandlers
from shared.kit.i18n import Languages
from shared.kit.observe.metrics import Metrics
from shared.kit.settings import Settings

OPENAPI_PATH = "/openapi.json"


async def _no_report() -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True)
class AppParts:
    """What an app is made of.

    `checks` decide readiness, `flow` reports delivery; `public` paths ask for no token; `locales` are folders
    of catalogues; `media_types` are accepted besides JSON and CloudEvents.
    """

    title: str
    version: str
    settings: Settings
    verifier: TokenVerifier
    metrics: Metrics
    routers: Sequence[APIRouter]
    lifespan: Lifespan[Any] | None = None
    checks: Mapping[str, health.Check] = field(default_factory=dict)
    flow: health.Report = _no_report
    public: frozenset[str] = frozenset()
    locales: Sequence[Path] = ()
    media_types: frozenset[str] = frozenset()


class UnguardedRoute(Exception):
    """A route asks for no role and is not declared public: the app is not built."""


class ServiceApp(FastAPI):
    """A FastAPI app whose OpenAPI description tells problems and tokens."""

    public: frozenset[str] = frozenset()

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI 3.1 description."""
        return with_problems(super().openapi(), self.public)


def create_app(parts: AppParts) -> FastAPI:
    """The app of a service.

    Raises: UnguardedRoute if a route that is not public asks for no role; UnfitForDirect.
    """
    languages = Languages(parts.locales)
    handlers = ProblemHandlers(languages)
    public = frozenset({*health.PATHS, OPENAPI_PATH, *parts.public})
    app = ServiceApp(
        title=parts.title,
        version=parts.version,
        lifespan=parts.lifespan,
        openapi_url=OPENAPI_PATH,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers={
            DomainError: handlers.on_domain_error,
            RequestValidationError: handlers.on_invalid,
            HTTPException: handlers.on_http_error,
        },
    )
    app.public = public
    app.state.languages = languages
    operation = health.health_router(checks=parts.checks, flow=parts.flow, metrics=parts.metrics, languages=languages)
    for router in (operation, *parts.routers):
        # The routes themselves, not `include_router`: the app adds nothing to them, and would build each once more.
        app.router.routes.extend(router.routes)
    refuse_unguarded(app, public)
    app.add_middleware(Direct, doors=doors_of(iter_route_contexts(app.routes)))
    app.add_middleware(Edge, gate=_gate(parts, public), handlers=handlers, metrics=parts.metrics)
    return app


def refuse_unguarded(app: FastAPI, public: frozenset[str]) -> None:
    """Go on only if every route asks for a role or is public.

    Raises: UnguardedRoute, naming the route.
    """
    for route in iter_route_contexts(app.routes):
        path = getattr(route, "path", "")
        dependant = getattr(route, "dependant", None)
        if path not in public and not (isinstance(dependant, Dependant) and _asks_for_role(dependant)):
            raise UnguardedRoute(path)


def _asks_for_role(dependant: Dependant) -> bool:
    return any(isinstance(call, Require) for call in _calls(dependant))


def _calls(dependant: Dependant) -> Iterable[Any]:
    for dependency in dependant.dependencies:
        yield dependency.call
        yield from _calls(dependency)


def _gate(parts: AppParts, public: frozenset[str]) -> Gate:
    settings = parts.settings
    return Gate(
        verifier=parts.verifier,
        limiter=RateLimiter(per_minute=settings.rate_limit_per_minute, burst=settings.rate_burst_requests),
        reader=BodyReader(
            limit_bytes=settings.body_limit_bytes, expanded_limit_bytes=settings.expanded_body_limit_bytes
        ),
        public=public,
        media_types=MEDIA_TYPES | parts.media_types,
    )
