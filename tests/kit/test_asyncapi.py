"""A service describes what it publishes and reads as AsyncAPI 3.0, from the contract's classes."""

from typing import Any

import httpx
import orjson
from fastapi import FastAPI

from shared.kit.definition import ServiceDefinition
from shared.kit.streams.asyncapi import asyncapi_router, describe
from tests.kit.toy.service import MIRRORING, TOY


def document_of(definition: ServiceDefinition) -> Any:
    return orjson.loads(describe(definition, "1.0").to_specification().to_json())


def test_every_published_event_is_described_with_envelope_and_content() -> None:
    """A reader of the document alone can decode what is on the stream."""
    document = document_of(TOY)
    assert document["asyncapi"] == "3.0.0"
    messages = document["components"]["messages"]
    assert {name.partition(":")[0] for name in messages} == {"toy.counter_opened.v1", "toy.counter_raised.v1"}
    schema = document["components"]["schemas"]["CounterRaisedMessage"]
    assert {"recordedtime", "sequence", "data"} <= schema["properties"].keys()


def test_what_a_service_reads_is_described_too() -> None:
    """The mirror's document names the event it reacts to, and the reaction."""
    operations = document_of(MIRRORING)["operations"]
    received = [operation for operation in operations.values() if operation["action"] == "receive"]
    assert len(received) == 1
    assert "toy.counter_raised.v1" in orjson.dumps(document_of(MIRRORING)).decode()


async def test_the_document_and_faststreams_page_are_shown_to_everybody() -> None:
    """The page needs a way to the internet for its viewer; the document does not."""
    app = FastAPI()
    app.include_router(asyncapi_router(TOY, "1.0"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://toy.test") as client:
        document, page = await client.get("/asyncapi.json"), await client.get("/asyncapi")
    assert document.json() == document_of(TOY)
    assert page.headers["content-type"].startswith("text/html")
    assert "toy.counter_raised.v1" in page.text
