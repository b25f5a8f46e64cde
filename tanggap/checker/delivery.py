"""Whether everything that was answered is in the log, once, as it was answered, and nothing else.

Owns the comparison of the players' journal with the services' logs. Must not know what an event means.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tanggap.checker.evidence import Evidence, Log
from tanggap.checker.findings import Finding, Kind

PLACE = ("type", "subject", "sequence", "position")


def check_delivery(evidence: Evidence) -> Iterator[Finding]:
    """Hold every answer against the log it came from, and every entry of the players against the answers."""
    answered: dict[str, set[str]] = {service: set() for service in evidence.logs}
    for line, answer in evidence.journal.answers():
        log = evidence.logs.get(line["service"])
        if log is None:
            continue
        for event in answer.get("events", ()):
            answered[line["service"]].add(event["id"])
            yield from _event(log, event)
        if line.get("causes"):
            yield from _report(log, answer)
    yield from _unanswered(evidence)
    for service, log in evidence.logs.items():
        yield from _invented(evidence, log, answered[service])


def _event(log: Log, event: Mapping[str, Any]) -> Iterator[Finding]:
    """An answered event stands in the log once, where the answer said."""
    found = log.by_id.get(event["id"], ())
    if not found:
        yield Finding(Kind.LOST, log.service, event["id"], f"{event['type']} was answered and is not in the log")
    elif len(found) > 1:
        positions = ", ".join(str(entry.position) for entry in found)
        yield Finding(Kind.DOUBLED, log.service, event["id"], f"it stands at the positions {positions}", len(found) - 1)
    elif any(getattr(found[0], name) != event[name] for name in PLACE):
        yield Finding(Kind.CHANGED, log.service, event["id"], "type, subject or place is not as answered")


def _report(log: Log, answer: Mapping[str, Any]) -> Iterator[Finding]:
    """A report's events in the log are those of its answer; a report that was not accepted has none."""
    caused = {entry.id for entry in log.by_cause.get(answer["id"], ())}
    told = {event["id"] for event in answer.get("events", ())}
    if answer["status"] != "accepted":
        if caused:
            yield Finding(Kind.INVENTED, log.service, answer["id"], f"the report was {answer['status']}", len(caused))
        return
    if not told:
        yield Finding(Kind.LOST, log.service, answer["id"], "the report was accepted without an event")
    if extra := caused - told:
        yield Finding(Kind.DOUBLED, log.service, answer["id"], "the report has more events than answered", len(extra))
    for lost in told - caused:
        if lost in log.by_id:
            yield Finding(Kind.CHANGED, log.service, lost, "it does not name its report as its cause")


def _unanswered(evidence: Evidence) -> Iterator[Finding]:
    """Every report that was sent has an answer: an accepting one with its event, or one that says why not."""
    for line in evidence.journal.lines:
        if line["kind"] == "batch" and line["causes"] and line["service"] in evidence.logs:
            for id_ in set(line["sent"]) - {item["id"] for item in line["items"]}:
                log = evidence.logs[line["service"]]
                kind, what = (Kind.INVENTED, "it has events") if id_ in log.by_cause else (Kind.LOST, "it has no event")
                yield Finding(kind, log.service, id_, f"the report was sent and not answered; {what}")


def _invented(evidence: Evidence, log: Log, answered: set[str]) -> Iterator[Finding]:
    """Every entry in a player's name was answered to that player."""
    actors = evidence.journal.actors
    for entry in log.entries:
        if entry.actor in actors and entry.id not in answered:
            yield Finding(Kind.INVENTED, log.service, entry.id, f"{entry.type} at {entry.position} was never answered")
