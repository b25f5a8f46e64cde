"""Safe repetition: a client's own key for a command, and the answer that is given again.

Owns the `Idempotency-Key` header, the fingerprint of what was asked, and how an outcome becomes a response.
Must not store anything: the decision's transaction does.
"""

import hmac
import re
from typing import Annotated, Any

import orjson
import structlog
from fastapi import Header
from starlette.requests import Request
from starlette.responses import Response

from shared.kit.canonical import canonical
from shared.kit.decisions.types import Accepted, Failed, IdempotencyKey, KeyReused, Logged, Outcome, Refused
from shared.kit.errors import DomainError, Problem
from shared.kit.http.problems import of_exception, respond
from shared.kit.i18n import Languages

HEADER = "Idempotency-Key"
REPLAYED = {"Idempotency-Replayed": "true"}
_KEY = re.compile(r"[\x21-\x7e]{8,128}")
_FINGERPRINT_DOMAIN = b"tanggap-request-v1\x00"

log = structlog.get_logger()


class IdempotencyKeyMissing(DomainError):
    """A command came without a key of its own, so repeating it would not be safe."""

    slug = "idempotency-key-missing"
    status = 400
    detail = "The header Idempotency-Key is missing or not 8 to 128 visible ASCII characters."
    next_step = "Send the header with an id you made for this command, the same one when you repeat it."


async def require_key(
    request: Request,
    _described: Annotated[str | None, Header(alias=HEADER, description="your own id of this command")] = None,
) -> str:
    """The client's key for this command: a FastAPI dependency of every office command.

    Raises: IdempotencyKeyMissing. Two such headers count as none.
    """
    keys = request.headers.getlist(HEADER)
    if len(keys) != 1 or not _KEY.fullmatch(keys[0]):
        raise IdempotencyKeyMissing
    return keys[0]


def request_key(request: Request, *, scope: str, key: str, secret: bytes) -> IdempotencyKey:
    """The key with the fingerprint of this request, within the person or post `scope` that owns it."""
    return IdempotencyKey(scope, key, fingerprint(secret, request.method, request.url.path, request.scope.get("json")))


def fingerprint(secret: bytes, method: str, path: str, body: Any) -> bytes:
    """An HMAC-SHA-256 over what was asked.

    Why an HMAC: a plain hash of few possible values could be searched. `traceparent` differs with every
    sending of the same thing and is left out.
    """
    if isinstance(body, dict) and "traceparent" in body:
        body = {name: value for name, value in body.items() if name != "traceparent"}
    asked = b"\x00".join((_FINGERPRINT_DOMAIN, method.encode(), path.encode(), canonical(body)))
    return hmac.digest(secret, asked, "sha256")


def key_reused() -> Problem:
    """The problem of a key that was used before for something else."""
    return Problem(
        "idempotency-key-reused",
        422,
        detail="This key was used before for something else. Nothing was done.",
        next_step="Use a new key for a new command.",
    )


def problem_of(outcome: Refused | KeyReused | Failed) -> Problem:
    """The problem of a command that was not accepted. A fault of ours is logged by type and places."""
    match outcome:
        case Refused(refusal):
            return Problem.of_refusal(refusal)
        case KeyReused():
            return key_reused()
        case Failed(error):
            problem = of_exception(error)
            log.error("command failed", exc_info=error, slug=problem.slug)
            return problem


def answer(outcome: Outcome, languages: Languages) -> Response:
    """The response to one command: 201 with its events and their last position, or a problem."""
    if not isinstance(outcome, Accepted):
        response = respond(problem_of(outcome), languages)
        if isinstance(outcome, Refused) and outcome.replayed:
            response.headers.update(REPLAYED)
        return response
    return Response(
        orjson.dumps(accepted_members(outcome)),
        status_code=201,
        headers=REPLAYED if outcome.replayed else None,
        media_type="application/json",
    )


def accepted_members(outcome: Accepted) -> dict[str, Any]:
    """What the sender learns of an accepted command. `position` lets it read its own write."""
    events = [_event_members(event) for event in outcome.events]
    members: dict[str, Any] = {"events": events}
    if events:
        members["position"] = max(event.position for event in outcome.events)
    return members


def _event_members(event: Logged) -> dict[str, Any]:
    members: dict[str, Any] = {
        "id": event.id,
        "type": event.type,
        "subject": event.subject,
        "sequence": event.sequence,
        "position": event.position,
    }
    if event.flags:
        members["flags"] = event.flags
    return members
