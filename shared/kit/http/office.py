"""An office command: one request, one command, one answer that is given again when the request is repeated.

Owns the step from a checked request to the decider and back to a response. Must not know the command.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from shared.kit.access.roles import Principal
from shared.kit.decisions.types import Command, Item, SealedDocument, UniqueKey
from shared.kit.http.idempotency import answer, request_key
from shared.kit.http.origin import origin_of

if TYPE_CHECKING:
    from shared.kit.runtime import Runtime


async def office_command(  # noqa: PLR0913 -- a command, who gave it, and what commits with it
    runtime: "Runtime",
    request: Request,
    principal: Principal,
    key: str,
    command: Command,
    *,
    documents: Sequence[SealedDocument] = (),
    claims: Mapping[UniqueKey, str] | None = None,
    disaster_id: str | None = None,
) -> Response:
    """Decide a command under the person's own key: 201 with its events, or the problem of its refusal."""
    idempotency = request_key(request, scope=principal.person_id, key=key, secret=runtime.fingerprint_secret)
    origin = origin_of(principal, disaster_id=disaster_id)
    item = Item(command, origin, idempotency, documents=tuple(documents), claims=claims or {})
    return answer(await runtime.decisions.submit(item), request.app.state.languages)
