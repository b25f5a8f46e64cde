"""The door for reports from the field.

Owns the way of a batch: read, seal all personal data at once, decide, answer item by item. Must not know what a
report says.
"""

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response

from services.victims.access import post_of
from services.victims.doors import Reporter
from services.victims.intake.reading import Reading, ReadReport, read_report
from shared.kit import clock
from shared.kit.canonical import canonical
from shared.kit.decisions.types import IdempotencyKey, Item, KeyReused, Outcome
from shared.kit.http.direct import DirectRoute
from shared.kit.http.idempotency import fingerprint
from shared.kit.http.intake import DESCRIPTION, ItemProblem, RawEvent, batch_answer, parse_batch
from shared.kit.http.origin import origin_of
from shared.kit.runtime import Runtime
from shared.kit.vault.conflicts import Conflict, keep_conflict
from shared.kit.vault.documents import Sealed, seal_many

PATH = "/v1/events"


def intake_router(runtime: Runtime) -> APIRouter:
    """`POST /v1/events`: CloudEvents from devices, one or a batch."""
    router = APIRouter(tags=["intake"], route_class=DirectRoute)

    @router.post(PATH, summary="Take reports from a post's device", openapi_extra=DESCRIPTION)
    async def take_reports(request: Request, principal: Reporter) -> Response:
        """Each report is answered for itself: accepted with its flags, refused, invalid, or failed (send again)."""
        reading = Reading(
            principal=principal,
            post_id=post_of(principal),
            received_at=clock.now(),
            timezone=runtime.settings.timezone,
            keys=runtime.keys,
            languages=request.app.state.languages,
        )
        read = [
            one if isinstance(one, ItemProblem) else read_report(one, reading) for one in await parse_batch(request)
        ]
        reports = [one for one in read if isinstance(one, ReadReport)]
        items = _items(runtime, reading, reports)
        outcomes = await runtime.decisions.submit_all(items) if items else []
        await _keep_reused(runtime, items, [report.raw for report in reports], outcomes)
        answered = iter(outcomes)
        return batch_answer(
            [one if isinstance(one, ItemProblem) else (one.raw.id, next(answered)) for one in read],
            reading.languages,
        )

    return router


def _items(runtime: Runtime, reading: Reading, reports: Sequence[ReadReport]) -> list[Item]:
    sealed = seal_many(runtime.keys, [group for report in reports for group in report.draft.groups])
    items = []
    first = 0
    for report in reports:
        last = first + len(report.draft.groups)
        items.append(_item(runtime, reading, report, sealed[first:last]))
        first = last
    return items


def _item(runtime: Runtime, reading: Reading, report: ReadReport, sealed: Sequence[Sealed]) -> Item:
    envelope = report.envelope
    return Item(
        command=report.draft.complete([commitment for _, commitment in sealed]),
        origin=origin_of(
            reading.principal,
            time=envelope.time,
            causation_id=envelope.id,
            disaster_id=report.disaster_id,
            traceparent=envelope.traceparent,
        ),
        idempotency=IdempotencyKey(
            reading.post_id, envelope.id, fingerprint(runtime.fingerprint_secret, "POST", PATH, report.raw.event)
        ),
        documents=tuple(document for document, _ in sealed),
        claims=report.draft.claims,
    )


async def _keep_reused(
    runtime: Runtime, items: Sequence[Item], events: Sequence[RawEvent], outcomes: Sequence[Outcome]
) -> None:
    """What came under an id used for something else may be all there is of a report: it is kept, sealed."""
    reused = [
        (item, raw)
        for item, raw, outcome in zip(items, events, outcomes, strict=True)
        if isinstance(outcome, KeyReused)
    ]
    if not reused:
        return
    async with runtime.database.transaction() as connection:
        for item, raw in reused:
            await keep_conflict(connection, runtime.keys, _conflict(item, raw))


def _conflict(item: Item, raw: RawEvent) -> Conflict:
    if item.idempotency is None:
        raise AssertionError("only keyed items are reused")
    key = item.idempotency
    return Conflict(
        id=clock.derived_id(key.key, f"reused:{key.fingerprint.hex()}", 0),
        scope=key.scope,
        key=key.key,
        received_at=clock.now(),
        subject_id=item.documents[0].subject_id if item.documents else None,
        content=canonical(raw.event),
    )
