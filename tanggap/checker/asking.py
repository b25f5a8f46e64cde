"""Whether requests were dated and passed on by the rules: deadlines, pauses, and whose decision each was.

Owns the hours of each urgency and the order of authorities as the law of the box has them. Must not know what was
reserved or sent.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tanggap.checker.evidence import Entry, Log
from tanggap.checker.findings import Finding, Kind

DUE_H = {"critical": 4, "high": 8, "medium": 24, "low": 48}
PROVINCE = "province"
NATIONAL = frozenset({"kemensos", "bnpb", "bulog"})
REGENCY = "regency:"


@dataclass(slots=True)
class _Clock:
    """The instants of one request as its events set them; both are missing while it is a draft."""

    urgency: str
    warn_at: datetime | None = None
    due_at: datetime | None = None
    paused_at: datetime | None = None


def check_asking(log: Log) -> Iterator[Finding]:
    """Look at every request of the log."""
    yield from _clocks(log)
    yield from _addressees(log)


def _clocks(log: Log) -> Iterator[Finding]:
    """A request is warned of at three quarters of its urgency's hours; a pause moves both instants by its length."""
    clocks: dict[str, _Clock] = {}
    names = ("request_opened", "request_submitted", "request_paused", "request_resumed")
    for entry in log.named(*names, "stock_reserved", "request_requeued"):
        id_ = entry.data["request_id"]
        if entry.name == "request_opened":
            clocks[id_] = _Clock(entry.data["urgency"])
        clock = clocks.get(id_)
        if clock is None:
            yield _broken(log, id_, f"{entry.name} of a request nobody opened")
        elif entry.name in ("stock_reserved", "request_requeued"):
            if _instant(entry, "due_at") != clock.due_at:
                yield _broken(log, id_, f"{entry.name} says another deadline than the request has")
        else:
            wrong = _turned(clock, entry)
            if wrong is not None:
                yield _broken(log, id_, wrong)


def _turned(clock: _Clock, entry: Entry) -> str | None:
    """Bring a clock to where an event says it is; returns what is wrong with it, if anything."""
    wrong = None
    if entry.name == "request_paused":
        wrong = "paused though it was" if clock.paused_at is not None else None
        clock.paused_at = _instant(entry, "paused_at")
        return wrong
    received, warn, due = (_instant(entry, name) for name in ("received_at", "warn_at", "due_at"))
    if entry.name == "request_resumed":
        resumed = _instant(entry, "resumed_at")
        if clock.paused_at is None or resumed is None or clock.warn_at is None or clock.due_at is None:
            wrong = "resumed though it was not paused"
        elif resumed < clock.paused_at:
            wrong = "resumed before it was paused"
        else:
            stood = resumed - clock.paused_at
            if (warn, due) != (clock.warn_at + stood, clock.due_at + stood):
                wrong = f"its deadline did not move by the {stood} it stood"
        clock.paused_at = None
    elif received is not None and warn is not None and due is not None:
        hours = timedelta(hours=DUE_H[clock.urgency])
        if (warn - received, due - received) != (hours * 3 / 4, hours):
            wrong = f"{clock.urgency} is not due {due - received} after it came, nor to be warned of before"
    clock.warn_at, clock.due_at = warn, due
    return wrong


def _addressees(log: Log) -> Iterator[Finding]:
    """A request is its regency's first, goes up one level at a time by letter, or is taken over by the province."""
    addressee: dict[str, str] = {}
    passed_on = ("request_forwarded", "request_taken_over")
    for entry in log.named("request_opened", *passed_on, "request_approved", "request_rejected"):
        id_, data = entry.data["request_id"], entry.data
        if entry.name == "request_opened":
            addressee[id_] = data["addressed_to"]
            if data["addressed_to"] != _first(data["area_code"]):
                yield _broken(log, id_, f"it went to {data['addressed_to']} first")
        elif entry.name in passed_on:
            if data["from_owner_id"] != addressee.get(id_):
                yield _broken(log, id_, f"{data['from_owner_id']} passed on what was not addressed to it")
            yield from _passed_on(log, entry)
            addressee[id_] = data["to_owner_id"]
        elif data["owner_id"] != addressee.get(id_):
            yield _broken(log, id_, f"decided for {data['owner_id']}, addressed to {addressee.get(id_)}")


def _passed_on(log: Log, entry: Entry) -> Iterator[Finding]:
    id_, from_, to = entry.data["request_id"], entry.data["from_owner_id"], entry.data["to_owner_id"]
    if entry.name == "request_taken_over":
        if not from_.startswith(REGENCY) or to != PROVINCE:
            yield _broken(log, id_, f"{to} took over what was {from_}'s")
        return
    if to not in _above(from_):
        yield _broken(log, id_, f"{from_} forwarded it to {to}, which is not the one above")
    if not entry.data.get("letter_number", "").strip():
        yield _broken(log, id_, "forwarded without a letter")


def _first(area_code: str) -> str:
    regency = ".".join(area_code.split(".")[:2])
    return f"{REGENCY}{regency}" if "." in regency else PROVINCE


def _above(owner: str) -> frozenset[str]:
    if owner.startswith(REGENCY):
        return frozenset({PROVINCE})
    return NATIONAL if owner == PROVINCE else frozenset()


def _instant(entry: Entry, name: str) -> datetime | None:
    text = entry.data.get(name)
    return datetime.fromisoformat(text) if text is not None else None


def _broken(log: Log, request: str, detail: str) -> Finding:
    return Finding(Kind.RULE, log.service, f"request/{request}", detail)
