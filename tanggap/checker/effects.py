"""Whether every event of one service had its effect in the others, once, and no effect is without a cause.

Owns which effect follows from which event, from the contracts' words alone. Must not know how a service decides.
"""

from collections import Counter
from collections.abc import Iterator, Mapping

from tanggap.checker.evidence import Entry, Evidence, Log
from tanggap.checker.findings import Finding, Kind

# The victims service's event, the service it concerns, and the event that follows from it, exactly once.
FOLLOWS: tuple[tuple[str, str, str], ...] = (
    ("post_enrolled", "logistics", "place_opened"),
    ("household_registered", "logistics", "need_recorded"),
    ("household_registered_again", "logistics", "need_recorded"),
    ("disaster_declared", "aid", "disaster_noted"),
    ("disaster_phase_changed", "aid", "disaster_noted"),
)
# A missing person gives no claim until found.
COMPENSATED = frozenset({"death", "severe_injury", "light_injury"})
SOURCE = "victims"


def check_effects(evidence: Evidence) -> Iterator[Finding]:
    """Hold each consumer's log against the victims service's."""
    source = evidence.logs.get(SOURCE)
    if source is None:
        return
    for name, consumer, effect in FOLLOWS:
        log = evidence.logs.get(consumer)
        if log is not None:
            for entry in source.named(name):
                yield from _once(log, entry, effect)
    aid = evidence.logs.get("aid")
    if aid is not None:
        yield from _claims(source, aid)
    for log in evidence.logs.values():
        if log is not source:
            yield from _causeless(source, log)


def _once(log: Log, cause: Entry, effect: str) -> Iterator[Finding]:
    count = sum(entry.name == effect for entry in log.by_cause.get(cause.id, ()))
    if count == 0:
        yield Finding(Kind.LOST, log.service, cause.id, f"{cause.type} had no {effect}")
    elif count > 1:
        yield Finding(Kind.DOUBLED, log.service, cause.id, f"{cause.type} had {count} {effect}", count - 1)


def _claims(source: Log, aid: Log) -> Iterator[Finding]:
    """The first verification of each casualty or damage that gives a benefit opened one claim; a later one at most one.

    A later verification may also only change the claim there is, or stop it.
    """
    compensated: set[str] = set()
    for entry in source.named("casualty_verified", "damage_verified"):
        opened = sum(effect.name == "claim_opened" for effect in aid.by_cause.get(entry.id, ()))
        due = entry.data.get("casualty_kind", "death") in COMPENSATED
        first = due and entry.subject not in compensated
        if first and opened == 0:
            yield Finding(Kind.LOST, aid.service, entry.id, f"{entry.type} of {entry.subject} opened no claim")
        elif opened > 1:
            yield Finding(Kind.DOUBLED, aid.service, entry.id, f"{entry.subject} has {opened} claims", opened - 1)
        elif opened and not due:
            yield Finding(Kind.INVENTED, aid.service, entry.id, f"{entry.subject} gives no benefit and has a claim")
        if due:
            compensated.add(entry.subject)


def _causeless(source: Log, log: Log) -> Iterator[Finding]:
    """What a service did by itself names an event of the source, and does the same of it only once."""
    done: Counter[tuple[str, str, str]] = Counter()
    for entry in log.entries:
        if entry.role != "service" or entry.cause is None:
            continue
        if entry.cause not in source.by_id:
            yield Finding(
                Kind.INVENTED, log.service, entry.id, f"{entry.type} follows from nothing in {source.service}"
            )
        done[(entry.cause, entry.type, entry.subject)] += 1
    yield from _repeated(log, done)


def _repeated(log: Log, done: Mapping[tuple[str, str, str], int]) -> Iterator[Finding]:
    for (cause, type_, subject), count in done.items():
        if count > 1:
            yield Finding(Kind.DOUBLED, log.service, cause, f"{type_} of {subject} followed {count} times", count - 1)
