"""What a service publishes and reads on the broker, as an AsyncAPI 3.0 document and FastStream's page of it.

Owns the description only: the broker made here is never connected. Messages are described whole, envelope and
content, from the contract's classes.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import cache

import orjson
from fastapi import APIRouter, Response
from faststream.redis import RedisBroker, StreamSub
from faststream.specification import AsyncAPI, Specification
from faststream.specification.asyncapi import get_asyncapi_html
from pydantic import BaseModel, create_model

from shared.contracts.envelope import Envelope, Payload
from shared.kit.definition import ServiceDefinition
from shared.kit.streams.names import partition_stream
from shared.kit.streams.subscription import FastStreamLog

DOCUMENT_PATH = "/asyncapi.json"
PAGE_PATH = "/asyncapi"
PATHS = frozenset({DOCUMENT_PATH, PAGE_PATH})
# FastStream's page loads the viewer from here; without a way to the internet only the document is of use.
_VIEWER = "https://unpkg.com"
_PAGE_POLICY = (
    f"default-src 'none'; script-src {_VIEWER} 'unsafe-inline' 'unsafe-eval'; style-src {_VIEWER} 'unsafe-inline'; "
    "img-src data:; font-src data:; frame-ancestors 'none'"
)


def asyncapi_router(definition: ServiceDefinition, version: str) -> APIRouter:
    """The document at /asyncapi.json and the page at /asyncapi. Both are public: they tell shapes, not content.

    Written when first asked for, in a thread: that takes as long as all the rest of the app, and few ever ask.
    """
    router = APIRouter(tags=["operation"], include_in_schema=False)

    @cache
    def specification() -> Specification:
        return describe(definition, version).to_specification()

    @cache
    def document() -> bytes:
        # FastStream keeps its endpoints in sets: sorted, the document of one release is the same bytes at every start.
        return orjson.dumps(orjson.loads(specification().to_json()), option=orjson.OPT_SORT_KEYS)

    @router.get(DOCUMENT_PATH)
    def asyncapi_document() -> Response:
        return Response(document(), media_type="application/json")

    @router.get(PAGE_PATH)
    def asyncapi_page() -> Response:
        page = get_asyncapi_html(specification(), try_it_out_path=None)
        return Response(page, media_type="text/html", headers={"Content-Security-Policy": _PAGE_POLICY})

    return router


def describe(definition: ServiceDefinition, version: str) -> AsyncAPI:
    """The specification of a service: a channel an event type, named by the stream of partition 0."""
    broker = RedisBroker(logger=FastStreamLog())
    own = partition_stream(definition.name, 0).rpartition(".")[0]
    for payload in definition.payloads:
        stream = StreamSub(f"{own}.{{partition}}:{payload.type}")
        broker.publisher(stream=stream, schema=message_of(payload), title=payload.type, description=_sentence(payload))
    for payload in definition.reactions:
        source = payload.type.partition(".")[0]
        foreign = partition_stream(source, 0).rpartition(".")[0]
        subscriber = broker.subscriber(
            stream=StreamSub(f"{foreign}.{{partition}}:{payload.type}"),
            title=f"{definition.name} reads {payload.type}",
            description=_reactions(definition, payload),
        )
        subscriber(_reader(message_of(payload)))
    return AsyncAPI(broker, title=definition.title, version=version)


def message_of(payload: type[Payload]) -> type[BaseModel]:
    """The whole message of an event type: the envelope with this payload as its `data`."""
    model: type[BaseModel] = create_model(payload.__name__ + "Message", __base__=Envelope, data=(payload, ...))
    return model


def _reader(message: type[BaseModel]) -> Callable[[BaseModel], Awaitable[None]]:
    async def read(event: BaseModel) -> None:
        """Described here, consumed by the runner."""

    read.__annotations__["event"] = message
    return read


def _reactions(definition: ServiceDefinition, payload: type[Payload]) -> str:
    reactions: Mapping[type[Payload], Iterable[object]] = definition.reactions
    names = ", ".join(getattr(reaction, "name", "") for reaction in reactions[payload])
    return f"Decided by: {names}"


def _sentence(payload: type[Payload]) -> str:
    return (payload.__doc__ or "").strip().partition("\n")[0]
