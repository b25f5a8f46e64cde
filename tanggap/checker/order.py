"""Whether each log, and each effect of another's log, is in order.

Owns the order within a log (positions, sequences, partitions) and across services (effects follow their causes'
order). Must not know what an event means.
"""

from collections import Counter
from collections.abc import Iterator

from tanggap.checker.evidence import Evidence, Log
from tanggap.checker.findings import Finding, Kind


def check_order(evidence: Evidence) -> Iterator[Finding]:
    """Look at each log by itself, then at each pair of source and consumer."""
    for log in evidence.logs.values():
        yield from _sequences(log)
        yield from _partitions(log)
    for consumer in evidence.logs.values():
        for source in evidence.logs.values():
            if source is not consumer:
                yield from _effects(source, consumer)


def _sequences(log: Log) -> Iterator[Finding]:
    """Each subject's events count from 1 without a gap, and recorded times never go back."""
    versions: Counter[str] = Counter()
    recorded = ""
    for entry in log.entries:
        if entry.sequence != versions[entry.subject] + 1:
            before = versions[entry.subject]
            yield _at(log, entry.position, f"sequence {entry.sequence} of {entry.subject} follows {before}")
        versions[entry.subject] = entry.sequence
        if entry.recorded < recorded:
            yield _at(log, entry.position, "it was recorded before the entry before it")
        recorded = max(recorded, entry.recorded)


def _partitions(log: Log) -> Iterator[Finding]:
    """The service served each entry at its position, in its key's partition, numbered there without a gap."""
    if len(log.served) != len(log.entries):
        yield _at(log, len(log.entries), f"{len(log.served)} entries were served, {len(log.entries)} are in the log")
    counts: Counter[int] = Counter()
    for entry, (position, partition, number) in zip(log.entries, log.served, strict=False):
        own = log.partition_of(entry)
        counts[own] += 1
        if (position, partition, number) != (entry.position, own, counts[own]):
            yield _at(log, entry.position, f"served as {position}, {partition}/{number}, it is {own}/{counts[own]}")


def _effects(source: Log, consumer: Log) -> Iterator[Finding]:
    """What a consumer did because of a partition's entries, it did in that partition's order."""
    last: dict[int, int] = {}
    for entry in consumer.entries:
        place = source.numbers.get(entry.cause) if entry.cause is not None else None
        if place is None:
            continue
        partition, number = place
        if number < last.get(partition, 0):
            detail = (
                f"it follows from {source.service} {partition}/{number}, after one from {partition}/{last[partition]}"
            )
            yield _at(consumer, entry.position, detail)
        last[partition] = max(number, last.get(partition, 0))


def _at(log: Log, position: int, detail: str) -> Finding:
    return Finding(Kind.OUT_OF_ORDER, log.service, str(position), detail)
