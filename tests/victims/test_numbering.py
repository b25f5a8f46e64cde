"""Which of a device's numbered reports have arrived."""

from tests.victims import builders
from tests.victims.office import Office


async def test_missing_numbers_of_a_device_are_shown_as_ranges(office: Office) -> None:
    """A post flushes out of order: what is still on the device shows as a gap until it arrives."""
    disaster_id, device = await office.device()
    events = [device.household(builders.household(disaster_id)) for _ in range(10)]
    await device.send_accepted(events[8], events[0], events[1], events[4])
    shown = (await office.get(f"/v1/devices/{device.device_id}/numbers")).json()
    assert shown["received"] == [{"first": 1, "last": 2}, {"first": 5, "last": 5}, {"first": 9, "last": 9}]
    assert shown["missing"] == [{"first": 3, "last": 4}, {"first": 6, "last": 8}]
    assert (shown["missing_count"], shown["highest"], shown["complete"]) == (5, 9, True)
    await device.send_accepted(*events)
    shown = (await office.get(f"/v1/devices/{device.device_id}/numbers")).json()
    assert (shown["received"], shown["missing"]) == ([{"first": 1, "last": 10}], [])
    assert (shown["missing_count"], shown["used_twice"]) == (0, 0)


async def test_every_kind_of_report_counts_and_a_number_used_twice_shows(office: Office) -> None:
    """Households, casualties and damage share a device's numbers."""
    disaster_id, device = await office.device()
    household = builders.household(disaster_id)
    events = [
        device.household(household),
        device.casualty(builders.casualty(disaster_id)),
        device.damage(builders.damage(disaster_id, household["household_id"])),
    ]
    await device.send_accepted(*events, device.household(builders.household(disaster_id), devicenumber=2))
    shown = (await office.get(f"/v1/devices/{device.device_id}/numbers")).json()
    assert (shown["received"], shown["used_twice"]) == ([{"first": 1, "last": 3}], 1)


async def test_gaps_of_a_post_are_those_of_its_devices(office: Office) -> None:
    """A post sees its own devices' gaps, and no other post's."""
    disaster_id, device = await office.device()
    second = await office.enrol_device(device.post_id)
    elsewhere = await office.enrol_device(await office.enrol_post(disaster_id))
    for one in (device, second, elsewhere):
        one.number = 4
        await one.send_accepted(one.household(builders.household(disaster_id)))
    shown = (await office.get(f"/v1/posts/{device.post_id}/gaps", token=device.token)).json()
    assert sorted(one["device_id"] for one in shown) == sorted([device.device_id, second.device_id])
    assert all(one["missing"] == [{"first": 1, "last": 4}] for one in shown)
    refused = await office.get(f"/v1/posts/{elsewhere.post_id}/gaps", token=device.token)
    assert refused.status_code == 403
    hidden = await office.get(f"/v1/devices/{elsewhere.device_id}/numbers", token=device.token)
    assert hidden.status_code == 404


async def test_device_that_lost_its_count_does_not_flood_the_answer(office: Office) -> None:
    """Ranges are shown up to a limit, and the answer says that there are more."""
    disaster_id, device = await office.device()
    events = []
    for _ in range(201):
        device.number += 1
        events.append(device.household(builders.household(disaster_id)))
    await device.send_accepted(*events[:200])
    await device.send_accepted(*events[200:])
    shown = (await office.get(f"/v1/devices/{device.device_id}/numbers")).json()
    assert (len(shown["received"]), len(shown["missing"]), shown["complete"]) == (200, 200, False)
    assert (shown["missing_count"], shown["highest"]) == (201, 402)
