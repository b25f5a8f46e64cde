"""Whether the books were kept by their rules, as the log alone shows: reversals, quotas, kits, destruction, periods.

Owns these rules in the words of the events. Must not look at what a service shows.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator

from tanggap.checker.evidence import Entry, Log
from tanggap.checker.findings import Finding, Kind
from tanggap.checker.owner_book import FIGURES, Closed, Days, figures, lots_of

LATE = "prior_period"
OVER = "over_quota"


def check_books(log: Log) -> Iterator[Finding]:
    """Look at each rule by itself."""
    yield from _reversals(log)
    yield from _quotas(log)
    yield from _unpackings(log)
    yield from _destructions(log)
    yield from _shifts(log)
    yield from _late_facts(log)
    yield from _closed_figures(log)


def _reversals(log: Log) -> Iterator[Finding]:
    """A correction takes back one movement before it, whole and once, by the same way back."""
    moved: dict[str, Entry] = {}
    taken_back: set[str] = set()
    for entry in log.named("stock_moved"):
        data, original = entry.data, entry.data.get("reverses")
        moved[entry.id] = entry
        if original is None:
            continue
        first = moved.get(original)
        if first is None or original in taken_back:
            yield _broken(log, entry, "it takes back what never moved, or was taken back before")
            continue
        taken_back.add(original)
        way = (first.data["to_place_id"], first.data["from_place_id"])
        if (data["from_place_id"], data["to_place_id"]) != way or data["lot_id"] != first.data["lot_id"]:
            yield _broken(log, entry, "it does not go back the way the movement came")
        elif data["quantity"] != first.data["quantity"]:
            size = abs(data["quantity"] - first.data["quantity"])
            yield Finding(Kind.STOCK, log.service, entry.subject, "other than the movement was taken back", size)


def _quotas(log: Log) -> Iterator[Finding]:
    """What goes beyond a ceiling is flagged and nothing else is; no decision goes beyond it."""
    used: Counter[str] = Counter()
    ceilings: dict[str, int] = {}
    drawn: Counter[tuple[str, str]] = Counter()
    for entry in log.named("quota_set", "quota_drawn"):
        data = entry.data
        if entry.name == "quota_set":
            ceilings[data["quota_id"]] = data["ceiling"]
            continue
        used[data["quota_id"]] += data["quantity"]
        drawn[(data["cause"], data["quota_id"])] += data["quantity"]
        beyond = used[data["quota_id"]] > ceilings.get(data["quota_id"], used[data["quota_id"]])
        if beyond != (OVER in data.get("flags", ())):
            yield _broken(log, entry, "a draw beyond the quota without its flag, or a flag without reason")
        if beyond and data["cause"].startswith("shipment/"):
            yield _broken(log, entry, "a decision went beyond the quota")
    yield from _drawn_as_moved(log, drawn)


def _drawn_as_moved(log: Log, drawn: Counter[tuple[str, str]]) -> Iterator[Finding]:
    """What was drawn on a quota is what left for it."""
    left: Counter[str] = Counter()
    kinds = {cause.partition("/")[0] for cause, _ in drawn}
    owners = {entry.data["lot_id"]: entry.data["owner_id"] for entry in log.named("lot_received")}
    under = {entry.data["owner_id"] for entry in log.named("quota_drawn")}
    for entry in log.named("stock_moved"):
        cause = entry.data["cause"]
        leaves = entry.data["reason"] in ("dispatch", "emergency_issue") and cause.partition("/")[0] in kinds
        if leaves and owners.get(entry.data["lot_id"]) in under:
            left[cause] += entry.data["quantity"]
    for (cause, quota), quantity in drawn.items():
        if quantity != left[cause]:
            detail = f"{quantity} drawn on {quota}, {left[cause]} left"
            yield Finding(Kind.STOCK, log.service, cause, detail, abs(quantity - left[cause]))


def _unpackings(log: Log) -> Iterator[Finding]:
    """Kits that were taken apart gave exactly the parts they were made of."""
    parts = {entry.data["lot_id"]: entry.data["parts"] for entry in log.named("kit_assembled")}
    wanted: dict[str, Counter[str]] = defaultdict(Counter)
    for entry in log.named("kit_unpacked"):
        data = entry.data
        wanted[entry.subject][data["lot_id"]] += data["quantity"]
        for part in parts.get(data["lot_id"], ()):
            wanted[entry.subject][part["lot_id"]] += part["quantity"] * data["quantity"]
    got: dict[str, Counter[str]] = defaultdict(Counter)
    for entry in log.named("stock_moved"):
        if entry.data["reason"] == "unpacking" and "reverses" not in entry.data:
            got[entry.data["cause"]][entry.data["lot_id"]] += entry.data["quantity"]
    for subject in wanted.keys() | got.keys():
        if wanted[subject] != got[subject]:
            yield Finding(Kind.STOCK, log.service, subject, "kits did not give the parts they were made of")


def _destructions(log: Log) -> Iterator[Finding]:
    """Nothing is destroyed without its record (BA pemusnahan), written before."""
    records = {
        entry.data["document_id"]: entry.position
        for entry in log.named("document_issued")
        if entry.data["content"]["document_kind"] == "ba_pemusnahan"
    }
    under = {entry.subject: entry.data.get("destruction_document_id") for entry in log.named("goods_returned")}
    for entry in log.named("stock_moved"):
        if entry.data["to_place_id"] == "destroyed" and "reverses" not in entry.data:
            record = records.get(under.get(entry.data["cause"]) or "")
            if record is None or record > entry.position:
                yield _broken(log, entry, "goods were destroyed without a record of it")


def _shifts(log: Log) -> Iterator[Finding]:
    """A store changes hands between two people: one submits what was counted, the other agrees."""
    signers = {
        entry.subject: {entry.data.get("giver_id"), entry.data.get("taker_id")}
        for entry in log.named("count_opened")
        if entry.data["purpose"] == "handover"
    }
    submitted = {entry.subject: entry.data["submitted_by"] for entry in log.named("count_submitted")}
    for entry in log.named("count_posted"):
        if entry.subject in signers:
            signed = {submitted.get(entry.subject), entry.data.get("approved_by")}
            if signed != signers[entry.subject] or len(signed) != len(signers[entry.subject]) or None in signed:
                yield _broken(log, entry, "a store changed hands without both people")


def _late_facts(log: Log) -> Iterator[Finding]:
    """A fact of a closed period is posted after it, marked, and keeps its day; nothing else is marked."""
    owners: dict[str, str] = {}
    until: dict[str, str] = {}
    for entry in log.named("lot_received", "period_closed", "stock_moved"):
        data = entry.data
        if entry.name == "lot_received":
            owners[data["lot_id"]] = data["owner_id"]
        elif entry.name == "period_closed":
            until[data["owner_id"]] = data["until"]
        else:
            closed, on = until.get(owners.get(data["lot_id"], ""), ""), data.get("occurred_on")
            marked = LATE in data.get("flags", ())
            if marked != (on is not None) or (on is not None and on > closed) or data["moved_on"] <= closed:
                yield _broken(log, entry, "a fact of a closed period is not posted and marked as one")


def _closed_figures(log: Log) -> Iterator[Finding]:
    """The figures a period was closed with follow from the movements until then; no lot in them was without a value."""
    closes: dict[str, list[Closed]] = defaultdict(list)
    for entry in log.named("period_closed"):
        data = entry.data
        owner_id = data["owner_id"]
        days = Days(owner_id, data["until"], data["as_of"], closes=tuple(closes[owner_id]))
        said = {line["item_code"]: line for line in data["lines"]}
        reckoned = figures(log, days) if data["method"] == "fifo" else {}
        for item in said.keys() | reckoned.keys():
            line, must = said.get(item), reckoned.get(item)
            told = {name: (line[name]["quantity"], line[name]["value_idr"]) for name in FIGURES} if line else None
            if data["method"] == "fifo" and told != must:
                yield Finding(Kind.STOCK, log.service, entry.subject, f"{item}: closed with other than what moved")
        if any(lot.owner_id == owner_id and not lot.valued for lot in lots_of(log, data["as_of"]).values()):
            yield _broken(log, entry, "a period was closed over a lot without a value")
        closes[owner_id].append(Closed(data["until"], data["as_of"]))


def _broken(log: Log, entry: Entry, detail: str) -> Finding:
    return Finding(Kind.RULE, log.service, entry.subject, detail)
