"""Lists of households, which name nobody, and the one door to what the vault holds of them."""

from typing import Any

import sqlalchemy as sa

from shared.kit import clock
from shared.kit.vault.erasure import finish_erasures, request_erasure
from shared.kit.vault.erasure_list import ErasureRecord
from shared.kit.vault.tables import access
from tests.victims import builders
from tests.victims.builders import OTHER_VILLAGE, VILLAGE
from tests.victims.office import Device, Office, slug


async def pages(office: Office, **params: Any) -> list[str]:
    """The household ids of every page of a list, in order."""
    ids: list[str] = []
    after: dict[str, str] = {}
    while True:
        content = (await office.get("/v1/households", limit=2, **params, **after)).json()
        ids += [row["id"] for row in content["items"]]
        assert len(content["items"]) <= 2
        if "next" not in content:
            return ids
        after = {"after": content["next"]}


async def register(device: Device, disaster_id: str, *area_codes: str, **changes: Any) -> list[dict[str, Any]]:
    households = [builders.household(disaster_id, area_code=code, **changes) for code in area_codes]
    await device.send_accepted(*(device.household(one) for one in households))
    return households


async def test_list_is_narrowed_by_area_and_post_and_every_page_goes_on(office: Office) -> None:
    """Each household stands on exactly one page of a list, whichever way it is narrowed."""
    disaster_id, device = await office.device()
    other = await office.enrol_device(await office.enrol_post(disaster_id))
    here = await register(device, disaster_id, *[VILLAGE] * 3, *[OTHER_VILLAGE] * 2)
    there = await register(other, disaster_id, *[VILLAGE] * 2)
    in_village = {one["household_id"] for one in here[:3] + there}
    everybody = {one["household_id"] for one in here + there}
    assert set(await pages(office, disaster_id=disaster_id, area_code=VILLAGE)) == in_village
    assert set(await pages(office, disaster_id=disaster_id, area_code="62.06.01")) == everybody
    listed = await pages(office, disaster_id=disaster_id, post_id=device.post_id)
    assert sorted(listed) == sorted(one["household_id"] for one in here)
    assert await pages(office, disaster_id=builders.new_id()) == []


async def test_list_shows_what_a_principal_may_see(office: Office) -> None:
    """A post sees what it registered, the office what lies in its areas."""
    disaster_id, device = await office.device()
    other = await office.enrol_device(await office.enrol_post(disaster_id))
    own = await register(device, disaster_id, VILLAGE)
    foreign = await register(other, disaster_id, OTHER_VILLAGE)
    assert await pages(office, disaster_id=disaster_id, token=device.token) == [own[0]["household_id"]]
    village_office = office.token("aid_officer", area=(OTHER_VILLAGE,))
    assert await pages(office, disaster_id=disaster_id, token=village_office) == [foreign[0]["household_id"]]
    refused = await office.get("/v1/households", disaster_id=disaster_id, area_code=VILLAGE, token=village_office)
    assert (refused.status_code, slug(refused)) == (403, "out-of-scope")
    path = f"/v1/households/{own[0]['household_id']}"
    assert (await office.get(path, token=village_office)).status_code == 403
    assert (await office.get(path, token=other.token)).status_code == 403
    assert (await office.get(path, token=device.token)).status_code == 200


async def test_household_reported_again_is_shown_as_the_latest_report_has_it(office: Office) -> None:
    """The same household again is one household with its latest members."""
    disaster_id, device = await office.device()
    (household,) = await register(device, disaster_id, VILLAGE)
    again = {**household, "persons": [*household["persons"], builders.person()], "residence": "shelter"}
    (item,) = await device.send_accepted(device.household(again))
    assert item["events"][0]["type"] == "victims.household_registered_again.v1"
    shown = (await office.get(f"/v1/households/{household['household_id']}")).json()
    assert (shown["version"], shown["residence"], len(shown["persons"])) == (2, "shelter", 2)
    assert await pages(office, disaster_id=disaster_id) == [household["household_id"]]


async def test_opening_personal_data_needs_a_purpose_and_leaves_a_record(fresh_office: Office) -> None:
    """Who opened what of whom, in which role and why, is on record before it is shown."""
    office = fresh_office
    disaster_id, device = await office.device()
    person = builders.person(name="Wulan Contoh", nik=builders.nik(), groups=["pregnant"])
    (household,) = await register(device, disaster_id, VILLAGE, persons=[person], address="Gang Contoh 7")
    path = f"/v1/households/{household['household_id']}/personal"
    for asked in ({"group": "identity"}, {"purpose": "verify_damage"}, {"group": "identity", "purpose": "curiosity"}):
        assert (await office.get(path, **asked)).status_code == 422
    answered = await office.get(path, purpose="verify_identity", group=["identity", "contact", "vulnerability"])
    content = answered.json()
    documents = content["persons"][0]["documents"]
    assert documents["identity"] == {"name": "Wulan Contoh", "nik": builders.nik(), "birth_date": "1995-08-05"}
    assert (documents["vulnerability"]["pregnant"], documents["vulnerability"]["disabled"]) == (1, 0)
    assert content["documents"] == {"contact": {"address": "Gang Contoh 7"}}
    async with office.runtime.database.reading() as connection:
        records = (await connection.execute(sa.select(access).order_by(access.c.id))).all()
    assert {str(record.subject_id) for record in records} == {household["household_id"], person["person_id"]}
    for record in records:
        assert (record.actor, record.role, record.purpose) == ("officer-1", "aid_officer", "verify_identity")
        assert record.request_id == answered.headers["X-Request-Id"]


async def test_personal_data_is_opened_by_need_only(fresh_office: Office) -> None:
    """An auditor sees none; a post opens its own households, and not what is specific personal data."""
    office = fresh_office
    disaster_id, device = await office.device()
    other = await office.enrol_device(await office.enrol_post(disaster_id))
    (household,) = await register(device, disaster_id, VILLAGE)
    path = f"/v1/households/{household['household_id']}/personal"
    asked = {"purpose": "contact_household", "group": "contact"}
    for role in ("auditor", "approver", "operator", "warehouse"):
        refused = await office.get(path, token=office.token(role), **asked)
        assert (refused.status_code, slug(refused)) == (403, "role-missing")
    assert slug(await office.get(path, token=other.token, **asked)) == "out-of-scope"
    assert (await office.get(path, token=device.token, **asked)).status_code == 200
    specific = {"purpose": "protect_vulnerable", "group": "vulnerability"}
    assert slug(await office.get(path, token=device.token, **specific)) == "field-group-not-open"
    assert (await office.get(path, token=office.token("privacy_officer"), **specific)).status_code == 200
    unknown = await office.get(f"/v1/households/{builders.new_id()}/personal", **asked)
    assert unknown.status_code == 404
    async with office.runtime.database.reading() as connection:
        actors = set(await connection.scalars(sa.select(access.c.actor)))
    assert actors == {device.post_id, "officer-1"}


async def test_erased_person_comes_back_as_erased(office: Office) -> None:
    """Who was erased is told as erased, not as somebody without data; a late report brings nothing back."""
    disaster_id, device = await office.device()
    persons = [builders.person(nik=builders.nik()), builders.person()]
    (household,) = await register(device, disaster_id, VILLAGE, persons=persons)
    runtime = office.runtime

    async def logged(_: ErasureRecord) -> None:
        """This service logs no erasure yet."""

    async with runtime.database.transaction() as connection:
        record = ErasureRecord(persons[0]["person_id"], clock.now(), "privacy-officer-1", "privacy-officer-2")
        await request_erasure(connection, record)
    await finish_erasures(runtime.database, runtime.keys, logged)
    await device.send_accepted(device.household(household))
    path = f"/v1/households/{household['household_id']}/personal"
    content = (await office.get(path, purpose="verify_identity", group="identity")).json()
    assert set(content["persons"][0]["documents"]) == {"erased_at"}
    assert content["persons"][1]["documents"]["identity"]["name"] == "Siti Contoh"
