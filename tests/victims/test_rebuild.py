"""The state rebuilt from the log alone is the live state, byte for byte."""

from collections.abc import Callable

from services.victims.service import SERVICE
from tests.kit.harness import Bench, rebuilt_differs
from tests.victims import builders
from tests.victims.office import Office, ago


async def test_rebuilt_state_equals_live_after_everything_happened(
    fresh_office: Office, make_database: Callable[[], str]
) -> None:
    """Disasters, posts, households again and twice, casualties and damage decided, withdrawn and decided anew."""
    office = fresh_office
    disaster_id, device = await office.device()
    other = await office.enrol_device(await office.enrol_post(disaster_id))
    person = builders.person(nik=builders.nik(), groups=["elderly"])
    household = builders.household(disaster_id, persons=[person, builders.person()], kk_number="6206010101200001")
    twin = builders.household(disaster_id, persons=[builders.person(nik=builders.nik())], kk_number="6206010101200001")
    casualty = builders.casualty(disaster_id, household_id=household["household_id"], person_id=person["person_id"])
    damage = builders.damage(disaster_id, household["household_id"])
    await device.send_accepted(
        device.casualty(casualty), device.household(household), device.damage(damage), device.household(household)
    )
    other.number = 7
    await other.send_accepted(
        other.household(twin, time=ago(days=2)),
        other.household({**household, "persons": [builders.person(nik=builders.nik())]}),
    )
    for path, body in (
        (f"/v1/casualties/{casualty['casualty_id']}/verification", {"document_count": 1}),
        (f"/v1/casualties/{casualty['casualty_id']}/rejection", {"reason": "verified_in_error"}),
        (f"/v1/damage/{damage['damage_id']}/verification", {"damage_class": "ringan"}),
        (f"/v1/damage/{damage['damage_id']}/verification", {"damage_class": "berat"}),
        (f"/v1/posts/{device.post_id}/devices/{device.device_id}/withdrawal", {}),
    ):
        assert (await office.post(path, body)).status_code == 201
    assert (
        await office.post(f"/v1/posts/{device.post_id}/devices", {"device_id": device.device_id})
    ).status_code == 201
    today = office.runtime.today().isoformat()
    ended = {"phase": "selesai", "decree_number": "188.44/200/2026", "decree_date": today, "valid_from": today}
    assert (await office.post(f"/v1/disasters/{disaster_id}/phases", ended)).status_code == 201
    runtime = office.runtime
    bench = Bench(runtime.database, runtime.decisions.rules, runtime.decoder, SERVICE)
    assert await rebuilt_differs(bench, make_database()) == []
