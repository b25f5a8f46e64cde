"""Batches of events from the field: read item by item, answered item by item.

Owns CloudEvents' batched and structured JSON modes and the shape of the answer. One bad item never holds back
the others. Must not know an event type, nor decide anything.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from shared.kit.decisions.types import Accepted, Failed, Outcome, Refused
from shared.kit.errors import FieldProblem, Problem, ProblemError
from shared.kit.http.edge import CLOUDEVENT, CLOUDEVENTS_BATCH
from shared.kit.http.idempotency import accepted_members, problem_of
from shared.kit.http.json_input import flaw_problem, parse_items
from shared.kit.http.problems import of_validation
from shared.kit.i18n import DEFAULT_LANGUAGE, Languages
from shared.kit.observe.tracing import current_request

MOST_EVENTS = 200
_EVENT_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TEXT = "A text is expected."
_TEXT_ATTRIBUTES = ("type", "source", "time")
_ATTRIBUTE_CHARACTERS = 512


_EVENT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["specversion", "id", "source", "type", "time", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "format": "uuid", "description": "made by the sender; repeated when sent again"},
        "source": {"type": "string", "minLength": 1, "maxLength": _ATTRIBUTE_CHARACTERS},
        "type": {"type": "string", "minLength": 1, "maxLength": _ATTRIBUTE_CHARACTERS},
        "time": {"type": "string", "format": "date-time", "description": "when it happened, as the sender says"},
        "data": {"type": "object"},
    },
}
_ANSWER_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["items"],
    "properties": {
        "items": {
            "type": "array",
            "description": "one a sent event, in the order sent",
            "items": {
                "type": "object",
                "required": ["status", "http_status"],
                "properties": {
                    "id": {"type": "string"},
                    "status": {"enum": ["accepted", "refused", "invalid", "failed"]},
                    "http_status": {"type": "integer"},
                    "replayed": {"const": True},
                    "events": {"type": "array", "items": {"type": "object"}},
                    "position": {"type": "integer"},
                    "flags": {"type": "array", "items": {"type": "string"}},
                    "problem": {"$ref": "#/components/schemas/Problem"},
                },
            },
        }
    },
}

# What a route that calls `parse_batch` and `batch_answer` gives as `openapi_extra`.
DESCRIPTION: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            CLOUDEVENTS_BATCH: {
                "schema": {"type": "array", "minItems": 1, "maxItems": MOST_EVENTS, "items": _EVENT_SCHEMA}
            },
            CLOUDEVENT: {"schema": _EVENT_SCHEMA},
        },
    },
    "responses": {
        "200": {
            "description": "What became of each item",
            "content": {"application/json": {"schema": _ANSWER_SCHEMA}},
        }
    },
}


@dataclass(frozen=True, slots=True)
class RawEvent:
    """One event as it came: the CloudEvents attributes are there, its content is not looked at yet."""

    id: str
    type: str
    event: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ItemProblem:
    """One item that cannot be an event of ours. `id` is None where the item has no usable one."""

    id: str | None
    problem: Problem


async def parse_batch(request: Request) -> list[RawEvent | ItemProblem]:
    """The items of a batch, or the one item of a single event, in the order sent.

    Raises: ProblemError (415 media-type-not-accepted, 400 json-unparseable, 422 batch-invalid, 413 batch-too-long).
    """
    media_type = request.headers.get("content-type", "").lower().partition(";")[0].strip()
    if media_type not in (CLOUDEVENT, CLOUDEVENTS_BATCH):
        raise ProblemError(_not_cloudevents())
    value, flaws = parse_items(await request.body())
    if media_type == CLOUDEVENT:
        if not isinstance(value, dict):
            raise ProblemError(_not_a_batch())
        return [_item(value, flaws[0])]
    if not isinstance(value, list) or not value:
        raise ProblemError(_not_a_batch())
    if len(value) > MOST_EVENTS:
        raise ProblemError(_too_long())
    return [_item(item, flaw) for item, flaw in zip(value, flaws, strict=True)]


def invalid_item(event_id: str, error: ValidationError, languages: Languages) -> ItemProblem:
    """The item whose content does not fit its contract, with the places that do not fit."""
    errors = error.errors(include_url=False, include_input=False)
    return ItemProblem(event_id, of_validation(errors, languages))


def batch_answer(items: Iterable[tuple[str, Outcome] | ItemProblem], languages: Languages) -> Response:
    """The answer to a batch: 200, and for each item in the order sent what became of it.

    `status` is accepted, refused (a rule), invalid (the sender's mistake: do not repeat) or failed (repeat with
    the same id); `replayed` marks an answer that was given before.
    """
    context = current_request()
    language = context.language if context else DEFAULT_LANGUAGE
    instance = f"urn:uuid:{context.request_id}" if context else None

    def told(problem: Problem) -> dict[str, Any]:
        return problem.render(lambda text: languages.translate(text, language), instance=instance)

    answers = []
    for item in items:
        if isinstance(item, ItemProblem):
            members = _not_accepted("invalid", item.problem, told)
            answers.append({"id": item.id, **members} if item.id else members)
        else:
            answers.append({"id": item[0], **_outcome_members(item[1], told)})
    return Response(
        orjson.dumps({"items": answers}),
        headers={"Content-Language": language, "Vary": "Accept-Language"},
        media_type="application/json",
    )


def _outcome_members(outcome: Outcome, told: Any) -> dict[str, Any]:
    if isinstance(outcome, Accepted):
        members = {"status": "accepted", "http_status": 201, **accepted_members(outcome)}
        flags = sorted({flag for event in outcome.events for flag in event.flags})
        if flags:
            members["flags"] = flags
    else:
        status = "refused" if isinstance(outcome, Refused) else "failed" if isinstance(outcome, Failed) else "invalid"
        members = _not_accepted(status, problem_of(outcome), told)
    if isinstance(outcome, Accepted | Refused) and outcome.replayed:
        members["replayed"] = True
    return members


def _not_accepted(status: str, problem: Problem, told: Any) -> dict[str, Any]:
    return {"status": status, "http_status": problem.status, "problem": told(problem)}


def _item(item: Any, flaw: str | None) -> RawEvent | ItemProblem:
    if not isinstance(item, dict):
        return ItemProblem(None, _not_an_event([FieldProblem("body", "An object is expected.")]))
    event_id = item.get("id")
    known_id = event_id if isinstance(event_id, str) and _EVENT_ID.fullmatch(event_id) else None
    if flaw is not None:
        return ItemProblem(known_id, flaw_problem(flaw))
    if known_id is not None and _is_event(item):
        return RawEvent(known_id, item["type"], item)
    return ItemProblem(known_id, _not_an_event(_attribute_errors(item, known_id)))


def _is_event(item: Mapping[str, Any]) -> bool:
    return (
        item.get("specversion") == "1.0"
        and _is_attribute(item.get("type"))
        and _is_attribute(item.get("source"))
        and _is_attribute(item.get("time"))
        and isinstance(item.get("data"), dict)
        and item.get("datacontenttype", "application/json") == "application/json"
    )


def _is_attribute(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _ATTRIBUTE_CHARACTERS


def _attribute_errors(item: Mapping[str, Any], known_id: str | None) -> Sequence[FieldProblem]:
    errors = [FieldProblem(name, _TEXT) for name in _TEXT_ATTRIBUTES if not _is_attribute(item.get(name))]
    if known_id is None:
        errors.append(FieldProblem("id", "A UUID is expected."))
    if item.get("specversion") != "1.0":
        errors.append(FieldProblem("specversion", "The version 1.0 of CloudEvents is expected."))
    if item.get("datacontenttype", "application/json") != "application/json" or not isinstance(item.get("data"), dict):
        errors.append(FieldProblem("data", "A JSON object is expected."))
    return errors


def _not_an_event(errors: Sequence[FieldProblem]) -> Problem:
    return Problem(
        "event-invalid",
        422,
        detail="The item is not a CloudEvent as expected here.",
        next_step="Correct the places listed under errors, then send again.",
        errors=errors,
    )


def _not_cloudevents() -> Problem:
    return Problem(
        "media-type-not-accepted",
        415,
        detail="The content type is not accepted here.",
        next_step="Send one of these content types, in UTF-8: %(accepted)s.",
        params={"accepted": f"{CLOUDEVENTS_BATCH}, {CLOUDEVENT}"},
    )


def _not_a_batch() -> Problem:
    return Problem(
        "batch-invalid",
        422,
        detail="The content is not a list of at least one event, or not one event.",
        next_step="Send a list of events as a batch, or one event as a single CloudEvent.",
    )


def _too_long() -> Problem:
    return Problem(
        "batch-too-long",
        413,
        detail="The batch holds more than %(most_events)s events.",
        next_step="Send the events in smaller batches.",
        params={"most_events": MOST_EVENTS},
    )
