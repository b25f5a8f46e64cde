"""Routes between places, as a capability of the logistics service.

Owns the one list of this folder's parts.
"""

from services.logistics.routes import domain as routes
from services.logistics.routes.http import routes_router
from services.logistics.routes.tables import route
from shared.contracts import routes as contract
from shared.kit.decisions.types import StateKind
from shared.kit.definition import Capability

ROUTES = Capability(
    kinds=(
        StateKind(
            name="route",
            table=route,
            state=routes.Route,
            evolve=routes.evolve_route,
            events=contract.EVENTS,
        ),
    ),
    deciders={
        routes.SetRoutes: routes.decide_set_routes,
        routes.CloseRoute: routes.decide_close_route,
        routes.ReopenRoute: routes.decide_reopen_route,
    },
    routers=lambda runtime: [routes_router(runtime)],
)
