"""Casualties and damage classes over HTTP, as officers verify them."""

from typing import Any

import sqlalchemy as sa

from shared.kit.vault.tables import access
from tests.victims import builders
from tests.victims.office import Device, Office, slug


async def reported_casualty(device: Device, disaster_id: str, **changes: Any) -> str:
    content = builders.casualty(disaster_id, **changes)
    await device.send_accepted(device.casualty(content))
    casualty_id: str = content["casualty_id"]
    return casualty_id


async def reported_damage(device: Device, disaster_id: str, **changes: Any) -> str:
    household = builders.household(disaster_id)
    content = builders.damage(disaster_id, household["household_id"], **changes)
    await device.send_accepted(device.household(household), device.damage(content))
    damage_id: str = content["damage_id"]
    return damage_id


async def test_death_is_verified_by_documents(office: Office) -> None:
    """Reported by a post, verified by an officer: the event aid opens a claim for."""
    disaster_id, device = await office.device()
    casualty_id = await reported_casualty(device, disaster_id)
    path = f"/v1/casualties/{casualty_id}"
    assert slug(await office.post(f"{path}/verification", {"document_count": 0})) == "documents-required"
    answered = await office.post(f"{path}/verification", {"document_count": 2})
    assert answered.json()["events"][0]["type"] == "victims.casualty_verified.v1"
    shown = (await office.get(path)).json()
    assert (shown["standing"], shown["decided_by"]) == ("verified", answered.json()["events"][0]["id"])


async def test_verification_withdrawn_in_error_points_at_it(office: Office) -> None:
    """A verification is never deleted: a later event reverses it."""
    disaster_id, device = await office.device()
    casualty_id = await reported_casualty(device, disaster_id)
    path = f"/v1/casualties/{casualty_id}"
    await office.post(f"{path}/verification", {"document_count": 1})
    answered = await office.post(f"{path}/rejection", {"reason": "verified_in_error"})
    assert answered.json()["events"][0]["sequence"] == 3
    assert (await office.get(path)).json()["standing"] == "rejected"
    assert slug(await office.post(f"{path}/rejection", {"reason": "duplicate"})) == "rejected-already"


async def test_same_death_from_two_posts_is_compared_before_it_is_verified(office: Office) -> None:
    """One NIK, two casualties: the second asks to be compared."""
    disaster_id, device = await office.device()
    other = await office.enrol_device(await office.enrol_post(disaster_id))
    await reported_casualty(device, disaster_id, nik=builders.nik(), name="Budi Contoh")
    second = await reported_casualty(other, disaster_id, nik=builders.nik(), name="BUDI C.")
    path = f"/v1/casualties/{second}/verification"
    assert slug(await office.post(path, {"document_count": 1})) == "likely-duplicate"
    assert (await office.post(path, {"document_count": 1, "distinct": True})).status_code == 201


async def test_officer_opens_both_reports_to_compare_them(fresh_office: Office) -> None:
    """To compare two deaths their names are needed: opened for a purpose, on record, by need only."""
    office = fresh_office
    disaster_id, device = await office.device()
    person_id = builders.new_id()
    ids = [await reported_casualty(device, disaster_id, name=name, person_id=person_id) for name in ("Budi", "Budi C.")]
    listed = (await office.get("/v1/casualties", disaster_id=disaster_id, person_id=person_id)).json()
    assert sorted(row["id"] for row in listed["items"]) == sorted(ids)
    names = []
    for casualty_id in ids:
        path = f"/v1/casualties/{casualty_id}/personal"
        assert (await office.get(path)).status_code == 422
        assert (
            slug(await office.get(path, token=office.token("auditor"), purpose="compare_duplicates")) == "role-missing"
        )
        content = (await office.get(path, purpose="compare_duplicates")).json()
        names.append(content["documents"]["identity"]["name"])
    assert names == ["Budi", "Budi C."]
    async with office.runtime.database.reading() as connection:
        opened = [str(one) for one in await connection.scalars(sa.select(access.c.subject_id).order_by(access.c.id))]
    assert opened == ids
    missing = await office.get(f"/v1/casualties/{builders.new_id()}/personal", purpose="verify_casualty")
    assert missing.status_code == 404


async def test_damage_class_is_raised_later_with_the_one_before(office: Office) -> None:
    """Ringan, appealed, sedang: each class is an event, the list shows the latest."""
    disaster_id, device = await office.device()
    damage_id = await reported_damage(device, disaster_id)
    path = f"/v1/damage/{damage_id}"
    for damage_class in ("ringan", "sedang"):
        answered = await office.post(f"{path}/verification", {"damage_class": damage_class})
        assert answered.status_code == 201
    assert slug(await office.post(f"{path}/verification", {"damage_class": "sedang"})) == "verified-already"
    listed = (await office.get("/v1/damage", disaster_id=disaster_id, standing="verified")).json()
    assert [(row["id"], row["damage_class"]) for row in listed["items"]] == [(damage_id, "sedang")]
    assert (await office.get("/v1/damage", disaster_id=disaster_id, standing="reported")).json()["items"] == []


async def test_lists_are_narrowed_and_paged(office: Office) -> None:
    """By standing and kind, each casualty on one page."""
    disaster_id, device = await office.device()
    ids = [await reported_casualty(device, disaster_id, casualty_kind="missing") for _ in range(3)]
    await office.post(f"/v1/casualties/{ids[0]}/verification", {"document_count": 1, "casualty_kind": "death"})
    asked: dict[str, Any] = {"disaster_id": disaster_id, "casualty_kind": "missing", "limit": 1}
    first = (await office.get("/v1/casualties", **asked)).json()
    rest = (await office.get("/v1/casualties", **asked, after=first["next"])).json()
    assert sorted(row["id"] for row in first["items"] + rest["items"]) == sorted(ids[1:])


async def test_officer_of_another_area_decides_nothing_here(office: Office) -> None:
    """A verification outside the officer's areas is refused and leaves no event."""
    disaster_id, device = await office.device()
    casualty_id = await reported_casualty(device, disaster_id)
    damage_id = await reported_damage(device, disaster_id)
    elsewhere = office.token("aid_officer", area=("62.01",))
    for path, body in (
        (f"/v1/casualties/{casualty_id}/verification", {"document_count": 1}),
        (f"/v1/casualties/{casualty_id}/rejection", {"reason": "not_found"}),
        (f"/v1/damage/{damage_id}/verification", {"damage_class": "berat"}),
        (f"/v1/damage/{damage_id}/rejection", {"reason": "not_found"}),
    ):
        assert slug(await office.post(path, body, token=elsewhere)) == "out-of-scope"
    assert (await office.get(f"/v1/casualties/{casualty_id}")).json()["version"] == 1
    assert (await office.get(f"/v1/damage/{damage_id}")).json()["version"] == 1


async def test_decision_about_nothing_is_not_found(office: Office) -> None:
    """A casualty or damage nobody reported is told as unknown, with what to do."""
    for kind, body in (("casualties", {"document_count": 1}), ("damage", {"damage_class": "berat"})):
        path = f"/v1/{kind}/{builders.new_id()}"
        assert (await office.get(path)).status_code == 404
        answered = await office.post(f"{path}/verification", body)
        assert (answered.status_code, slug(answered).endswith("-unknown")) == (404, True)
