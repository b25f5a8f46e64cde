"""What posts write down, as the CloudEvents their devices send, and the batches these go in.

Owns the shape of a report and of a batch. Must not decide what happens in the flood.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from tanggap.flood.ids import Ids, instant_text

BATCH_REPORTS = 200
# A batch may be 256 KiB as it is sent.
BATCH_BYTES = 240_000
DEVICE = "urn:tanggap:device:"


@dataclass(frozen=True, slots=True)
class Report:
    """One event from a device, written once: what is sent again is the same bytes."""

    id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """Reports that are sent together. `resent`: the answer got lost, so the post sends all of it once more."""

    ids: tuple[str, ...]
    body: bytes
    resent: bool = False


@dataclass(slots=True)
class Device:
    """A post's device as it writes reports for one service: numbered from 1 without a gap."""

    device_id: str
    ids: Ids
    number: int = 0
    source: str = field(init=False)

    def __post_init__(self) -> None:
        self.source = DEVICE + self.device_id

    def report(self, type_: str, data: dict[str, Any], captured_at: datetime) -> Report:
        """The next report, captured at an instant of the device's own clock."""
        self.number += 1
        id_ = self.ids.at(captured_at)
        event = {
            "specversion": "1.0",
            "id": id_,
            "source": self.source,
            "type": type_,
            "time": instant_text(captured_at),
            "devicenumber": self.number,
            "data": data,
        }
        return Report(id_, orjson.dumps(event))


def batches_of(reports: Iterable[Report]) -> Sequence[Batch]:
    """The reports in batches that a service takes: at most 200, and not too large to send."""
    batches: list[Batch] = []
    waiting: list[Report] = []
    size_bytes = 0
    for report in reports:
        if waiting and (len(waiting) == BATCH_REPORTS or size_bytes + len(report.body) > BATCH_BYTES):
            batches.append(batch_of(waiting))
            waiting, size_bytes = [], 0
        waiting.append(report)
        size_bytes += len(report.body) + 1
    if waiting:
        batches.append(batch_of(waiting))
    return batches


def batch_of(reports: Sequence[Report]) -> Batch:
    """These reports as one batch."""
    return Batch(tuple(report.id for report in reports), b"[" + b",".join(report.body for report in reports) + b"]")
