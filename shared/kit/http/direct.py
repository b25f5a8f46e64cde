"""Routes answered past FastAPI's routing and injection: for the door where every field report comes in alone.

Owns which routes may be answered so, and the shorter way to them. A direct route stays one of FastAPI's: described,
guarded and named like any other; only a request that asks for exactly its method and address goes the shorter way.
Must not know what a route does.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from shared.kit.access.roles import Require


class DirectRoute(APIRoute):
    """A route of one fixed address that takes the request and one principal, and answers with a `Response`.

    Given to a router as its `route_class`. Why: FastAPI looks for the route, solves two parameters and builds its
    stacks of resources anew for each request, which costs more than reading a report and checking its token.
    """


class UnfitForDirect(Exception):
    """A direct route asks for more than the shorter way gives: the app is not built."""


@dataclass(frozen=True, slots=True)
class Door:
    """What a direct route calls, and the names of the two parameters it calls it with."""

    route: DirectRoute
    endpoint: Callable[..., Awaitable[Response]]
    require: Require
    request_name: str
    principal_name: str

    @classmethod
    def of(cls, route: DirectRoute, dependant: Dependant | None) -> Self:
        """The door of a route. Raises: UnfitForDirect, naming the route."""
        match dependant:
            case Dependant(
                path_params=[],
                query_params=[],
                header_params=[],
                cookie_params=[],
                body_params=[],
                dependencies=[Dependant(call=Require() as require, name=str(principal_name))],
                request_param_name=str(request_name),
                response_param_name=None,
                background_tasks_param_name=None,
                call=endpoint,
            ) if endpoint is not None and route.response_field is None:
                return cls(route, endpoint, require, request_name, principal_name)
        raise UnfitForDirect(route.path)


class Direct:
    """The ASGI ring, inside the edge, that answers direct routes and leaves the rest to the app.

    What a route raises goes to the edge, which tells it as FastAPI's handlers would.
    """

    def __init__(self, app: ASGIApp, *, doors: Mapping[tuple[str, str], Door]) -> None:
        self.app = app
        self.doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        door = self.doors.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if door is None:
            await self.app(scope, receive, send)
            return
        scope["route"] = door.route
        request = Request(scope, receive, send)
        named = {door.request_name: request, door.principal_name: await door.require(request)}
        response = await door.endpoint(**named)
        await response(scope, receive, send)


def doors_of(routes: Iterable[RouteContext]) -> dict[tuple[str, str], Door]:
    """The doors of all direct routes, by method and address. Raises: UnfitForDirect."""
    return {
        (method, context.path): Door.of(context.original_route, getattr(context, "dependant", None))
        for context in routes
        if isinstance(context.original_route, DirectRoute) and context.path is not None
        for method in context.methods or ()
    }
