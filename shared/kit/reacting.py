"""Foreign events become commands of our own, decided in the transaction that moves the cursor.

Owns the way from a foreign leaf through reactions to outcomes. A foreign event changes state only through
`decide`, so the service's own log rebuilds all of it. Must not move cursors or park entries: it says what became
of each entry.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime

import orjson
from prometheus_client import Histogram
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit import clock
from shared.kit.decisions.batch import Observe, Rules, decide_batch, unobserved
from shared.kit.decisions.types import Accepted, Event, Failed, Item, Origin, Outcome, Refused
from shared.kit.definition import Reaction, ServiceDefinition
from shared.kit.log.decode import event_of
from shared.kit.observe.tracing import Trace
from shared.kit.streams.entry import Applied, Entry, EntryResult, Rejected, Skipped

Today = Callable[[], date]

_UNKNOWN = Skipped("unknown-type")
_NOTHING_TO_DO = Skipped("no-reaction")


class Reacting:
    """Applies a service's reactions to batches of foreign entries."""

    def __init__(
        self,
        definition: ServiceDefinition,
        rules: Rules,
        today: Today,
        *,
        effect_seconds: Histogram,
        observe: Observe = unobserved,
    ) -> None:
        self._definition = definition
        self._rules = rules
        self._today = today
        self._effect_seconds = effect_seconds
        self._observe = observe
        self._reactions = {payload.type: (payload, reactions) for payload, reactions in definition.reactions.items()}
        self._names = {type_.rpartition(".")[0] for type_ in self._reactions}

    def concerns(self, entry: Entry) -> bool:
        """Whether an entry may have an effect here, as far as its type tells."""
        return entry.type is None or entry.type in self._reactions or self._is_newer(entry.type)

    async def apply(self, connection: AsyncConnection, entries: Sequence[Entry]) -> list[EntryResult]:
        """Decide what these entries cause, in order, in the open transaction."""
        now = clock.now()
        results: list[EntryResult] = []
        items: list[Item] = []
        spans: list[tuple[int, int]] = []
        for entry in entries:
            first = len(items)
            read = self._read(entry, now)
            if isinstance(read, list):
                items += read
                results.append(Applied() if read else _NOTHING_TO_DO)
            else:
                results.append(read)
            spans.append((first, len(items)))
        if not items:
            return results
        outcomes = await decide_batch(connection, self._rules, items, now=now, observe=self._observe)
        self._measure(entries, clock.now())
        return [
            _result(outcomes[first:last]) if last > first else result
            for result, (first, last) in zip(results, spans, strict=True)
        ]

    def _measure(self, entries: Sequence[Entry], decided_at: datetime) -> None:
        """How long the batch's last entry took from its log to our decision: the freshest, so lag is not counted."""
        last = entries[-1]
        recorded_at = datetime.fromisoformat(orjson.loads(last.leaf)["recordedtime"])
        self._effect_seconds.labels(last.source).observe(max(0.0, (decided_at - recorded_at).total_seconds()))

    def _read(self, entry: Entry, now: datetime) -> list[Item] | Skipped | Rejected:
        if not self.concerns(entry):
            return _UNKNOWN
        content = orjson.loads(entry.leaf)
        known = self._reactions.get(content["type"])
        if known is None:
            return Rejected("unknown-version") if self._is_newer(content["type"]) else _UNKNOWN
        payload_class, reactions = known
        try:
            payload = payload_class.model_validate(content["data"], extra="ignore")
        except ValidationError:
            return Rejected("bad-content")
        return self._items(event_of(content, payload), reactions, now)

    def _is_newer(self, type_: str) -> bool:
        """Whether it is another version of a type we react to: it must wait for a release that reads it."""
        return type_.rpartition(".")[0] in self._names

    def _items(self, event: Event, reactions: Sequence[Reaction], now: datetime) -> list[Item]:
        items = []
        for reaction in reactions:
            commands = reaction.react(event, self._today())
            for index, command in enumerate(commands):
                name = f"{self._definition.name}/{reaction.name}/{index}"
                items.append(Item(command, self._origin(event, name)))
        return items

    def _origin(self, event: Event, reaction: str) -> Origin:
        return Origin(
            actor=self._definition.name,
            role="service",
            correlation_id=event.correlation_id,
            time=event.time,
            causation_id=event.id,
            traceparent=_next_step(event.traceparent),
            disaster_id=event.disaster_id,
            reaction=reaction,
        )


def _next_step(traceparent: str | None) -> str | None:
    trace = Trace.parse(traceparent)
    return None if trace is None else trace.child().traceparent


class PartlyDecided(Exception):
    """One entry's commands were not all accepted: its transaction must not stay, so nothing is half done."""

    slug = "partly-decided"


def _result(outcomes: Sequence[Outcome]) -> EntryResult:
    reasons = [reason for outcome in outcomes if (reason := _reason(outcome)) is not None]
    if not reasons:
        return Applied()
    if len(reasons) < len(outcomes):
        raise PartlyDecided(reasons[0])
    return Rejected(reasons[0])


def _reason(outcome: Outcome) -> str | None:
    match outcome:
        case Accepted():
            return None
        case Refused(refusal, _):
            return f"refused: {refusal.slug}"
        case Failed(error):
            return f"failed: {type(error).__name__}"
        case _:
            return "key-reused"
