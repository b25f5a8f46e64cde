"""The floor of a single request: the kit's own HTTP stack answering a constant.

Owns one route behind the same edge as a service's: token, limits, strict JSON, metrics, problems. Decides nothing,
stores nothing: what a request costs here no service can save.
"""

import sys
from typing import Annotated

import uvicorn
from fastapi import APIRouter, Depends, Request, Response

from shared.kit.access.roles import Principal, require
from shared.kit.access.tokens import TokenVerifier, load_public_keys
from shared.kit.http.app import AppParts, create_app
from shared.kit.http.direct import DirectRoute
from shared.kit.http.intake import parse_batch
from shared.kit.observe.logging import configure_logging
from shared.kit.observe.metrics import Metrics
from shared.kit.settings import Settings

CONSTANT = b'{"items":[{"status":"accepted","http_status":201}]}'


def echo_router() -> APIRouter:
    """`POST /v1/events`: reads the events and answers the same to everybody."""
    router = APIRouter(route_class=DirectRoute)

    @router.post("/v1/events")
    async def echo(request: Request, _: Annotated[Principal, Depends(require("post"))]) -> Response:
        await parse_batch(request)
        return Response(CONSTANT, media_type="application/json")

    return router


def main() -> int:
    """Serve until told to stop."""
    settings = Settings()
    configure_logging(settings.service, level=settings.log_level)
    parts = AppParts(
        title="Tanggap: echo",
        version="0",
        settings=settings,
        verifier=TokenVerifier(load_public_keys(settings.keys_dir), installation=settings.installation),
        metrics=Metrics(settings.service),
        routers=[echo_router()],
    )
    uvicorn.run(
        create_app(parts),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_config=None,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
