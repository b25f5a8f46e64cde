"""The door for reports from the field.

Owns the way of a batch: read, look up once, decide, answer item by item. Must not know what a report says.
"""

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response

from services.logistics.access import place_of
from services.logistics.doors import Reporter
from services.logistics.intake.commands import command_of
from services.logistics.intake.lookups import Lookups, look_up
from services.logistics.intake.reading import Reading, Report, read_report
from services.logistics.office import PLANS_MAX, StillOvertaken, is_overtaken
from shared.contracts import field
from shared.kit import clock
from shared.kit.canonical import canonical
from shared.kit.decisions.types import Failed, IdempotencyKey, Item, KeyReused, Outcome
from shared.kit.http.direct import DirectRoute
from shared.kit.http.idempotency import fingerprint
from shared.kit.http.intake import ItemProblem, batch_answer, parse_batch
from shared.kit.http.origin import origin_of
from shared.kit.runtime import Runtime
from shared.kit.vault.conflicts import Conflict, keep_conflict

PATH = "/v1/events"


def intake_router(runtime: Runtime) -> APIRouter:
    """`POST /v1/events`: CloudEvents from devices, one or a batch."""
    router = APIRouter(tags=["intake"], route_class=DirectRoute)

    @router.post(PATH, summary="Take reports from a post's device")
    async def take_reports(request: Request, principal: Reporter) -> Response:
        """Each report is answered for itself: accepted with its flags, refused, invalid, or failed (send again)."""
        reading = Reading(
            principal=principal,
            place_id=place_of(principal),
            received_at=clock.now(),
            timezone=runtime.settings.timezone,
            languages=request.app.state.languages,
        )
        read = [
            one if isinstance(one, ItemProblem) else read_report(one, reading) for one in await parse_batch(request)
        ]
        reports = [one for one in read if isinstance(one, Report)]
        outcomes = await _decide(runtime, reading, reports) if reports else []
        answered = iter(outcomes)
        return batch_answer(
            [one if isinstance(one, ItemProblem) else (one.raw.id, next(answered)) for one in read],
            reading.languages,
        )

    return router


async def _decide(runtime: Runtime, reading: Reading, reports: Sequence[Report]) -> list[Outcome]:
    """Decide each report by what was looked up; one that others have overtaken is looked up and decided again.

    Nothing of such a report was kept, so it is sent under its own key again: a fact is never lost to a race.
    """
    items: dict[int, Item] = {}
    outcomes: dict[int, Outcome] = {}
    open_ = list(range(len(reports)))
    for _ in range(PLANS_MAX):
        async with runtime.database.reading() as connection:
            some = [reports[index] for index in open_]
            found = await look_up(connection, reading.place_id, some, runtime.today())
        items.update((index, _item(runtime, reading, reports[index], found)) for index in open_)
        decided = await runtime.decisions.submit_all([items[index] for index in open_])
        outcomes.update(zip(open_, decided, strict=True))
        open_ = [index for index in open_ if is_overtaken(outcomes[index])]
        if not open_:
            break
    outcomes.update((index, Failed(StillOvertaken())) for index in open_)
    told = [outcomes[index] for index in range(len(reports))]
    await _keep_reused(runtime, reports, list(items.values()), told)
    return told


def _item(runtime: Runtime, reading: Reading, report: Report, found: Lookups) -> Item:
    envelope, said = report.envelope, report.said
    return Item(
        command=command_of(report, found),
        origin=origin_of(
            reading.principal,
            time=envelope.time,
            causation_id=envelope.id,
            disaster_id=said.disaster_id
            if isinstance(said, field.GoodsRequested | field.GoodsHandedOut | field.MealsServed)
            else None,
            traceparent=envelope.traceparent,
        ),
        idempotency=IdempotencyKey(
            reading.place_id, envelope.id, fingerprint(runtime.fingerprint_secret, "POST", PATH, report.raw.event)
        ),
    )


async def _keep_reused(
    runtime: Runtime, reports: Sequence[Report], items: Sequence[Item], outcomes: Sequence[Outcome]
) -> None:
    """What came under an id used for something else may be all there is of a report: it is kept, sealed."""
    reused = [
        (report, item.idempotency)
        for report, item, outcome in zip(reports, items, outcomes, strict=True)
        if isinstance(outcome, KeyReused) and item.idempotency is not None
    ]
    if not reused:
        return
    async with runtime.database.transaction() as connection:
        for report, key in reused:
            conflict = Conflict(
                id=clock.derived_id(key.key, f"reused:{key.fingerprint.hex()}", 0),
                scope=key.scope,
                key=key.key,
                received_at=clock.now(),
                subject_id=None,
                content=canonical(report.raw.event),
            )
            await keep_conflict(connection, runtime.keys, conflict)
