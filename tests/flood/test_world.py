"""The world of a flood: made from a seed, the same every time, and of the size the scale says."""

from datetime import timedelta

import orjson
import pytest
from lokal import wilayah

from shared.contracts import field
from tanggap.flood.plan import Clock, Options, World
from tanggap.flood.scale import ScaleOutOfRange, sizes_at
from tanggap.flood.scenario import lines_of
from tanggap.flood.world import make_world

SEED = 7
MODELS = {said.type: said for said in field.EVENTS}


def reports(world: World) -> list[dict[str, object]]:
    return [one for batches in world.batches.values() for batch in batches for one in orjson.loads(batch.body)]


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(Options(SEED, 0.02))


def test_same_seed_and_scale_give_the_same_bytes() -> None:
    """A flood can be played again exactly: its whole scenario is byte-identical."""
    once, again = (b"".join(lines_of(make_world(Options(SEED, 0.02)))) for _ in range(2))
    assert once == again
    assert once != b"".join(lines_of(make_world(Options(SEED + 1, 0.02))))


def test_another_run_of_a_seed_shares_no_id() -> None:
    """Two floods of one seed on one installation never answer for each other."""
    first, second = (make_world(Options(SEED, 0.002, run)) for run in ("a", "b"))
    ids = [{report["id"] for report in reports(one)} for one in (first, second)]
    assert ids[0].isdisjoint(ids[1])


def test_scale_one_is_the_worst_year_on_record() -> None:
    """27,290 households, 76,966 people, 123 villages, 17,745 houses, 35 kitchens, 1,047 evacuees, 45 pairs."""
    sizes = sizes_at(1)
    counts = (sizes.households, sizes.persons, sizes.villages, sizes.houses, sizes.kitchens, sizes.evacuees)
    assert counts == (27_290, 76_966, 123, 17_745, 35, 1_047)
    assert sizes.pairs == 45


@pytest.mark.parametrize("scale", [0, -1, 21, float("nan")])
def test_scale_out_of_range_is_refused(scale: float) -> None:
    """A flood of no size, or of more than memory is meant for, is refused with a reason."""
    with pytest.raises(ScaleOutOfRange):
        sizes_at(scale)


def test_every_person_is_registered_once_but_for_the_pairs(world: World) -> None:
    """As many people as the scale says live in as many households; each pair is one person more on paper."""
    last: dict[str, dict[str, list[dict[str, str]]]] = {}
    for report in reports(world):
        if report["type"] == field.HouseholdRegistered.type:
            data = report["data"]
            assert isinstance(data, dict)
            before = last.get(data["household_id"])
            if before is None or len(before["persons"]) < len(data["persons"]):
                last[data["household_id"]] = data
    assert len(last) == world.sizes.households + world.sizes.pairs
    people = [person for data in last.values() for person in data["persons"]]
    assert len(people) == world.sizes.persons + world.sizes.pairs
    niks = [person["nik"] for person in people if "nik" in person]
    assert len(niks) - len(set(niks)) == world.sizes.pairs


def test_nobody_real_can_be_meant(world: World) -> None:
    """Every NIK and every KK number ends in the serial that is never issued."""
    text = b"".join(batch.body for batches in world.batches.values() for batch in batches)
    found = orjson.loads(b"[" + text[1:-1].replace(b"][", b",") + b"]")
    numbers = [person["nik"] for one in found for person in one["data"].get("persons", ()) if "nik" in person]
    numbers += [one["data"][name] for one in found for name in ("kk_number", "nik") if name in one["data"]]
    assert len(numbers) > world.sizes.persons // 2
    assert all(len(number) == 16 and number.endswith("0000") for number in numbers)


def test_every_report_fits_its_contract(world: World) -> None:
    """What the posts send is what the contracts say, and every area code is Kemendagri's."""
    for report in reports(world):
        envelope = field.FieldEnvelope.model_validate(report)
        MODELS[envelope.type].model_validate(envelope.data)
        assert wilayah.wilayah_name(envelope.data["area_code"]) is not None


def test_devices_number_their_reports_without_a_gap(world: World) -> None:
    """A device counts from 1, also where its post was cut off and sends out of order."""
    orders = {}
    for post in world.posts:
        own = [one for batch in world.batches[post.post_id] for one in orjson.loads(batch.body)]
        numbers = [one["devicenumber"] for one in own]
        assert sorted(numbers) == list(range(1, len(own) + 1))
        orders[post.clock] = numbers == sorted(numbers)
    assert orders == {Clock.STEADY: True, Clock.TWO_DAYS_LATE: False, Clock.A_YEAR_BACK: True}


def test_one_post_is_two_days_late_and_one_lives_a_year_ago(world: World) -> None:
    """The clocks of the two posts are as wrong as the story says."""
    anchor = world.options.anchor
    for post in world.posts:
        envelopes = [
            field.FieldEnvelope.model_validate(one)
            for batch in world.batches[post.post_id]
            for one in orjson.loads(batch.body)
        ]
        late = {Clock.TWO_DAYS_LATE: timedelta(days=2), Clock.A_YEAR_BACK: timedelta(days=365)}.get(post.clock)
        for envelope in envelopes:
            behind = anchor - envelope.time
            assert (late or timedelta(0)) <= behind <= (late or timedelta(0)) + timedelta(hours=7)


def test_batches_fit_what_a_service_takes() -> None:
    """At most 200 reports and 256 KiB a batch, and one batch in fifty is sent twice."""
    world = make_world(Options(SEED, 0.3))
    batches = [batch for of_post in world.batches.values() for batch in of_post]
    assert max(len(batch.ids) for batch in batches) <= 200
    assert max(len(batch.body) for batch in batches) <= 256 * 1024
    assert sum(batch.resent for batch in batches) == max(1, round(len(batches) / 50))
