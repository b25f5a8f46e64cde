"""Reports from posts' devices over HTTP: each answered for itself, none lost, none taken twice."""

import gzip
import re
from datetime import timedelta

import orjson
import pytest
import sqlalchemy as sa

from shared.kit.log.tables import entry, head
from shared.kit.vault.conflicts import read_conflicts
from shared.kit.vault.store import Reader
from tests.victims import builders
from tests.victims.office import BATCH, SINGLE, Office, ago, slug


async def position(office: Office) -> int:
    """How many entries the log has."""
    async with office.runtime.database.reading() as connection:
        return int(await connection.scalar(sa.select(head.c.position)) or 0)


async def leaves(office: Office) -> list[bytes]:
    """Every leaf of the log."""
    async with office.runtime.database.reading() as connection:
        return [row.leaf for row in await connection.execute(sa.select(entry.c.leaf).order_by(entry.c.position))]


async def test_batch_is_accepted_item_by_item(office: Office) -> None:
    """Every household of a batch gets its own answer with its own event."""
    disaster_id, device = await office.device()
    events = [device.household(builders.household(disaster_id)) for _ in range(3)]
    items = await device.send_accepted(*events)
    assert [item["id"] for item in items] == [event["id"] for event in events]
    assert {item["events"][0]["type"] for item in items} == {"victims.household_registered.v1"}
    positions = [item["position"] for item in items]
    assert positions == list(range(positions[0], positions[0] + 3))


async def test_bad_items_never_hold_back_the_good_ones(office: Office) -> None:
    """One bad event costs the others nothing, and says what to do."""
    disaster_id, device = await office.device()
    good = device.household(builders.household(disaster_id))
    of_goods = device.event("field.goods_handed_out.v1", {"handout_id": builders.new_id()})
    unknown = device.event("field.poem_written.v1", {})
    wrong = device.household(builders.household(disaster_id, persons=[]))
    stranger = {
        **device.household(builders.household(disaster_id)),
        "source": f"urn:tanggap:device:{builders.new_id()}",
    }
    last = device.household(builders.household(disaster_id))
    items = await device.send(good, of_goods, unknown, wrong, stranger, last)
    assert [item["status"] for item in items] == ["accepted", *["invalid"] * 4, "accepted"]
    slugs = [item["problem"]["type"].rpartition(":")[2] for item in items[1:5]]
    assert slugs == ["report-of-another-service", "type-unknown", "content-invalid", "device-not-yours"]
    assert all(item["problem"]["next_step"] for item in items[1:5])
    assert items[3]["problem"]["errors"][0]["location"].endswith("persons")


async def test_resent_batch_gets_its_first_answers_and_changes_nothing(office: Office) -> None:
    """A post on a bad network sends again until it hears an answer: nothing is registered twice."""
    disaster_id, device = await office.device()
    events = [device.household(builders.household(disaster_id)) for _ in range(2)]
    first = await device.send_accepted(*events)
    before = await position(office)
    again = await device.send_accepted(*events, events[0])
    assert [item["events"] for item in again] == [first[0]["events"], first[1]["events"], first[0]["events"]]
    assert all(item["replayed"] for item in again)
    assert await position(office) == before


async def test_trace_context_does_not_make_a_resent_report_another_one(office: Office) -> None:
    """`traceparent` differs with every sending of the same report."""
    disaster_id, device = await office.device()
    event = device.household(builders.household(disaster_id))
    await device.send_accepted(event)
    (again,) = await device.send_accepted({**event, "traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01"})
    assert again["replayed"]


async def test_id_reused_for_another_report_is_told_and_the_report_is_kept(fresh_office: Office) -> None:
    """What came under a used id may be all there is of a report: it is sealed and kept for review."""
    office = fresh_office
    disaster_id, device = await office.device()
    event = device.household(builders.household(disaster_id))
    other = {**event, "data": builders.household(disaster_id, address="Jalan Kenari 12")}
    await device.send_accepted(event)
    for _ in range(2):
        (item,) = await device.send(other)
        assert (item["status"], item["http_status"]) == ("invalid", 422)
        assert item["problem"]["type"].endswith("idempotency-key-reused")
    reader = Reader("tester", "privacy_officer", "review_conflicts", "r-1")
    async with office.runtime.database.transaction() as connection:
        (kept,) = await read_conflicts(connection, reader=reader, keys=office.runtime.keys)
    assert kept.key == event["id"]
    assert orjson.loads(kept.content) == other


async def test_single_event_is_taken_without_a_batch(office: Office) -> None:
    """CloudEvents' structured mode: one event, one answer."""
    disaster_id, device = await office.device()
    event = device.household(builders.household(disaster_id))
    answered = await device.send_raw(orjson.dumps(event), SINGLE)
    (item,) = answered.json()["items"]
    assert (item["id"], item["status"]) == (event["id"], "accepted")


async def test_compressed_batch_is_taken(office: Office) -> None:
    """Posts pay for their data: gzip is read."""
    disaster_id, device = await office.device()
    body = gzip.compress(orjson.dumps([device.household(builders.household(disaster_id))]))
    device.extra["Content-Encoding"] = "gzip"
    answered = await device.send_raw(body)
    assert answered.json()["items"][0]["status"] == "accepted"


async def test_expired_token_voids_nothing(office: Office) -> None:
    """An expired token asks for renewal; the queued reports are taken under the new token."""
    disaster_id, device = await office.device()
    event = device.household(builders.household(disaster_id), time=ago(hours=3))
    scope = {"post": (device.post_id,)}
    expired = office.token("post", subject=device.post_id, scope=scope, ttl=timedelta(hours=-2))
    valid, device.token = device.token, expired
    answered = await device.send_raw(orjson.dumps([event]))
    assert (answered.status_code, slug(answered)) == (401, "token-expired")
    device.token = valid
    await device.send_accepted(event)


async def test_casualty_before_its_household_is_taken_and_flagged(office: Office) -> None:
    """Out of order within a flush: the casualty first is flagged, after its household it is not."""
    disaster_id, device = await office.device()
    household = builders.household(disaster_id)
    named = {"household_id": household["household_id"], "person_id": household["persons"][0]["person_id"]}
    early, registered, late = await device.send_accepted(
        device.casualty(builders.casualty(disaster_id, **named, name="Budi Contoh")),
        device.household(household),
        device.damage(builders.damage(disaster_id, household["household_id"])),
    )
    assert early["flags"] == ["unknown_household"]
    assert registered["flags"] == ["nik_missing"]
    assert "flags" not in late


async def test_same_nik_from_two_devices_is_linked_and_flagged_never_refused(office: Office) -> None:
    """Two posts register one person: the second points to the first."""
    disaster_id, device = await office.device()
    other = await office.enrol_device(await office.enrol_post(disaster_id))
    first = builders.person(nik=builders.nik())
    second = builders.person(nik="62 0601 450895 0000", name="SITI CONTOH")
    await device.send_accepted(device.household(builders.household(disaster_id, persons=[first])))
    household = builders.household(disaster_id, persons=[second])
    await other.send_accepted(other.household(household))
    shown = (await office.get(f"/v1/households/{household['household_id']}")).json()
    assert shown["persons"][0]["same_identity_as"] == first["person_id"]
    assert shown["persons_counted"] == 0


async def test_same_nik_in_another_disaster_is_no_duplicate(office: Office) -> None:
    """Who is registered in the next flood is counted there."""
    for _ in range(2):
        disaster_id, device = await office.device()
        household = builders.household(disaster_id, persons=[builders.person(nik=builders.nik())])
        await device.send_accepted(device.household(household))
        shown = (await office.get(f"/v1/households/{household['household_id']}")).json()
        assert shown["persons_counted"] == 1


async def test_clock_a_year_back_and_unknown_area_are_taken_and_flagged(office: Office) -> None:
    """A phone's wrong clock is kept as stated; an unknown area code waits for a correction."""
    disaster_id, device = await office.device()
    content = builders.household(disaster_id, area_code=builders.UNKNOWN_AREA)
    (item,) = await device.send_accepted(device.household(content, time=ago(days=370)))
    assert {"implausible_time", "unknown_area"} <= set(item["flags"])
    logged = orjson.loads((await leaves(office))[-1])
    assert logged["time"].startswith(ago(days=370)[:10])


async def test_area_code_without_dots_is_the_same_area(office: Office) -> None:
    """Posts copy codes from Kemendagri's spreadsheets, which have no dots."""
    disaster_id, device = await office.device()
    content = builders.household(disaster_id, area_code=builders.VILLAGE.replace(".", ""))
    (item,) = await device.send_accepted(device.household(content))
    assert item["flags"] == ["nik_missing"]


async def test_report_carries_its_cause_and_its_device_into_the_log(office: Office) -> None:
    """The posted event's id is the cause of what is logged; the post is the actor."""
    disaster_id, device = await office.device()
    event = device.household(builders.household(disaster_id))
    await device.send_accepted(event)
    logged = orjson.loads((await leaves(office))[-1])
    assert logged["causationid"] == logged["correlationid"] == event["id"]
    assert (logged["actor"], logged["actorrole"]) == (device.post_id, "post")
    assert logged["disasterid"] == disaster_id
    assert (logged["data"]["device_id"], logged["data"]["device_number"]) == (device.device_id, 1)


async def test_no_personal_data_leaves_the_vault(fresh_office: Office, capfd: pytest.CaptureFixture[str]) -> None:
    """Names, numbers and addresses stand in no leaf, no state, no answer, no log line."""
    office = fresh_office
    disaster_id, device = await office.device()
    canaries = ["Wulan Kenanga", "6206014508950000", "6206010101200077", "081298765432", "Gang Buntu 7"]
    person = builders.person(name=canaries[0], nik=canaries[1], groups=["pregnant", "disabled"])
    content = builders.household(
        disaster_id, persons=[person], kk_number=canaries[2], phone=canaries[3], address=canaries[4]
    )
    broken = {**content, "household_id": builders.new_id(), "residence": canaries[0]}
    answered = await device.send_raw(orjson.dumps([device.household(content), device.household(broken)]))
    await device.send_accepted(device.casualty(builders.casualty(disaster_id, name=canaries[0], nik=canaries[1])))
    async with office.runtime.database.reading() as connection:
        tables = ("household", "casualty", "device_numbers")
        rows = [str(row) for table in tables for row in await connection.execute(sa.text(f"SELECT * FROM {table}"))]
        rows += [str(row) for row in await connection.execute(sa.text("SELECT answer FROM intake.idempotency"))]
    seen = [answered.text, *rows, *(leaf.decode() for leaf in await leaves(office)), *capfd.readouterr()]
    for canary in [*canaries, "pregnant", "disabled"]:
        assert not any(canary in text for text in seen), canary


async def test_unreadable_batch_is_a_clear_problem_and_no_event(office: Office) -> None:
    """What cannot be read as a batch is told as a problem; nothing is half done."""
    _, device = await office.device()
    before = await position(office)
    for body, media_type, status in (
        (b"[", BATCH, 400),
        (b"\xff\xfe", BATCH, 400),
        (b"{}", BATCH, 422),
        (b"[]", BATCH, 422),
        (b"[" + b"{}," * 200 + b"{}]", BATCH, 413),
        (b"[]", "application/json", 415),
        (b"[]", "text/plain", 415),
    ):
        answered = await device.send_raw(body, media_type)
        assert answered.status_code == status, body[:10]
        assert answered.headers["content-type"] == "application/problem+json"
    assert await position(office) == before


async def test_content_outside_its_contract_is_an_item_problem(office: Office) -> None:
    """What cannot be a report is told for its item alone."""
    disaster_id, device = await office.device()
    changes: list[dict[str, object]] = [
        {"household_id": "1"},
        {"area_code": "62-06"},
        {"area_code": None},
        {"residence": "tent"},
        {"persons": [builders.person(name="")]},
        {"persons": [builders.person(name="a\x00b")]},
        {"persons": [builders.person(birth_date="1995-02-30")]},
        {"persons": [builders.person(age_years=2.5)]},
        {"persons": [builders.person(age_years=10**20)]},
        {"persons": [builders.person(groups=["infant"] * 9)]},
        {"persons": [builders.person()] * 51},
        {"address": "x" * 501},
    ]
    items = await device.send(*(device.household(builders.household(disaster_id, **change)) for change in changes))
    for item, change in zip(items, changes, strict=True):
        assert item["status"] == "invalid", change
        assert item["http_status"] in (400, 422)
        assert item["problem"]["next_step"]


async def test_field_the_contract_does_not_know_is_ignored(office: Office) -> None:
    """A newer device may send more than this release reads."""
    disaster_id, device = await office.device()
    content = builders.household(disaster_id, persons=[builders.person(shoe_size="42")], pets="2")
    await device.send_accepted(device.household(content, newattribute="x"))


async def test_only_a_post_with_its_own_token_reports(office: Office) -> None:
    """No office role reports from the field, and a post's token names the one post it speaks for."""
    _, device = await office.device()
    for role in ("aid_officer", "auditor", "operator", "service"):
        device.token = office.token(role)
        answered = await device.send_raw(b"[{}]")
        assert (answered.status_code, slug(answered)) == (403, "role-missing"), role
    for posts in ((), ("*",), ("not-a-post",), (builders.POST, builders.DEVICE)):
        device.token = office.token("post", scope={"post": posts})
        answered = await device.send_raw(b"[{}]")
        assert (answered.status_code, slug(answered)) == (403, "out-of-scope"), posts


async def test_post_nobody_enrolled_reports_and_is_flagged(office: Office) -> None:
    """A token issued by hand for a post that is not enrolled yet: taken and flagged."""
    disaster_id, device = await office.device()
    device.token = office.token("post", scope={"post": (builders.POST,)})
    (item,) = await device.send_accepted(device.household(builders.household(disaster_id)))
    assert "unknown_post" in item["flags"]
    assert re.fullmatch(r"household/[0-9a-f-]{36}", item["events"][0]["subject"])
