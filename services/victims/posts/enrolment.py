"""A device's enrolment with its token.

Owns the step from an accepted enrolment to the token, which is made from what was logged: the same request again
gives the same token. The token is shown in this one answer and kept nowhere. Must not decide anything.
"""

import asyncio
from datetime import timedelta
from typing import Any

import orjson
import sqlalchemy as sa
from fastapi import Request, Response

from services.victims.access import AREA_SCOPE, POST, POST_SCOPE
from services.victims.posts.domain import EnrolDevice
from services.victims.posts.queries import PostShown
from shared.contracts.envelope import timestamp
from shared.contracts.ids import DeviceId, PostId, TokenId
from shared.contracts.victims import DeviceEnrolled
from shared.kit import clock
from shared.kit.access.tokens import Grant, SigningKey, issue, load_signing_key
from shared.kit.decisions.types import Accepted, Item
from shared.kit.http.idempotency import REPLAYED, accepted_members, answer
from shared.kit.log.tables import entry
from shared.kit.runtime import Runtime


def enrolment(post_id: PostId, device_id: DeviceId, valid_days: int) -> EnrolDevice:
    """The command that enrols a device from now on for some days, under a new token."""
    # Whole seconds: a token tells its times in seconds, and what is logged says the same.
    begins = clock.now().replace(microsecond=0)
    return EnrolDevice(post_id, device_id, TokenId(clock.new_id()), begins, begins + timedelta(days=valid_days))


async def answer_with_token(runtime: Runtime, request: Request, post: PostShown, item: Item) -> Response:
    """Decide an enrolment and answer with its token.

    Raises: KeyFileUnusable before anything is enrolled.
    """
    signing_key = await asyncio.to_thread(load_signing_key, runtime.settings.keys_dir)
    outcome = await runtime.decisions.submit(item)
    if not isinstance(outcome, Accepted):
        return answer(outcome, request.app.state.languages)
    enrolled = await _logged(runtime, outcome.events[0].position)
    return Response(
        orjson.dumps({**accepted_members(outcome), **_token_members(runtime, signing_key, post, enrolled)}),
        status_code=201,
        headers=REPLAYED if outcome.replayed else None,
        media_type="application/json",
    )


async def _logged(runtime: Runtime, position: int) -> DeviceEnrolled:
    async with runtime.database.reading() as connection:
        leaf = await connection.scalar(sa.select(entry.c.leaf).where(entry.c.position == position))
    event = runtime.decoder.decode(leaf or b"{}")
    if event is None or not isinstance(event.payload, DeviceEnrolled):
        raise LookupError(f"the log has no enrolment at position {position}")
    return event.payload


def _token_members(
    runtime: Runtime, signing_key: SigningKey, post: PostShown, enrolled: DeviceEnrolled
) -> dict[str, Any]:
    grant = Grant(
        subject=enrolled.post_id,
        roles=(POST,),
        scope={POST_SCOPE: (enrolled.post_id,), AREA_SCOPE: (post.area_code,)},
        device_id=enrolled.device_id,
        token_id=enrolled.token_id,
    )
    token = issue(
        signing_key,
        grant,
        installation=runtime.settings.installation,
        ttl=enrolled.valid_until_at - enrolled.valid_from_at,
        at=enrolled.valid_from_at,
    )
    return {
        "device_id": enrolled.device_id,
        "token": token,
        "token_expires_at": timestamp(enrolled.valid_until_at),
    }
