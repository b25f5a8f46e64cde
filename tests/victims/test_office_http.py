"""Disasters, posts and devices over HTTP, as the office enters them."""

from datetime import timedelta

import pytest

from shared.kit import clock
from tests.victims import builders
from tests.victims.builders import KATINGAN, OUTSIDE, UNKNOWN_AREA
from tests.victims.office import Office, slug, subject_id


def declaration(office: Office, **changes: object) -> dict[str, object]:
    today = office.runtime.today()
    return {
        "hazard": "flood",
        "area_codes": [KATINGAN],
        "phase": "siaga",
        "decree_number": "188.44/123/2026",
        "decree_date": today.isoformat(),
        "valid_from": today.isoformat(),
        **changes,
    }


async def test_declared_disaster_is_shown_as_its_decree_has_it(office: Office) -> None:
    """What the office entered can be read at once, by its own id or one it chose."""
    disaster_id = builders.new_id()
    answered = await office.post("/v1/disasters", declaration(office, disaster_id=disaster_id))
    assert subject_id(answered) == disaster_id
    shown = (await office.get(f"/v1/disasters/{disaster_id}")).json()
    assert (shown["phase"], shown["area_codes"], shown["valid_until"]) == ("siaga", [KATINGAN], None)


async def test_same_command_again_is_answered_as_the_first_time(fresh_office: Office) -> None:
    """A command whose answer was lost is sent again under its key: one disaster, one answer."""
    office = fresh_office
    body = declaration(office)
    first = await office.post("/v1/disasters", body, key="declare-katingan")
    again = await office.post("/v1/disasters", body, key="declare-katingan")
    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    listed = (await office.get("/v1/disasters")).json()
    assert len(listed["items"]) == 1


async def test_refusal_is_a_problem_with_what_to_do_and_is_answered_again(fresh_office: Office) -> None:
    """A refused command keeps its refusal; the office corrects it under a new key."""
    office = fresh_office
    body = declaration(office, area_codes=[UNKNOWN_AREA])
    for _ in range(2):
        answered = await office.post("/v1/disasters", body, key="declare-nowhere")
        assert (answered.status_code, slug(answered)) == (422, "area-unknown")
        assert UNKNOWN_AREA in answered.json()["detail"]
    assert answered.headers["Idempotency-Replayed"] == "true"


async def test_problem_is_told_in_indonesian_first(office: Office) -> None:
    """Without a wish, the office is answered in Indonesian."""
    headers = {"Authorization": f"Bearer {office.token('aid_officer')}", "Idempotency-Key": "key-000001"}
    body = declaration(office, area_codes=[UNKNOWN_AREA])
    answered = await office.client.post("/v1/disasters", json=body, headers=headers)
    assert answered.headers["Content-Language"] == "id"
    assert "Kemendagri" in answered.json()["detail"]
    assert not answered.json()["detail"].startswith("The area code")


async def test_phase_goes_on_by_decrees(office: Office) -> None:
    """Tanggap darurat is followed by transisi; siaga is not gone back to."""
    disaster_id = await office.declare()
    today = office.runtime.today().isoformat()
    decree = {"decree_number": "188.44/130/2026", "decree_date": today, "valid_from": today}
    path = f"/v1/disasters/{disaster_id}/phases"
    assert (await office.post(path, {"phase": "transisi", **decree})).status_code == 201
    assert slug(await office.post(path, {"phase": "siaga", **decree})) == "phase-not-forward"
    assert (await office.get(f"/v1/disasters/{disaster_id}")).json()["phase"] == "transisi"


async def test_content_that_does_not_fit_is_told_by_its_places(office: Office) -> None:
    """Each place is named, nothing is echoed, nothing is logged."""
    body = declaration(office, hazard="godzilla", valid_from="kemarin", severity=3)
    answered = await office.post("/v1/disasters", body)
    assert (answered.status_code, slug(answered)) == (422, "content-invalid")
    places = {error["location"] for error in answered.json()["errors"]}
    assert any("hazard" in place for place in places)
    assert any("valid_from" in place for place in places)
    assert "godzilla" not in answered.text
    assert "severity" not in answered.text


async def test_office_acts_in_its_own_areas_only(office: Office) -> None:
    """Whoever is responsible for another regency declares and enrols nothing here."""
    elsewhere = office.token("aid_officer", area=("62.01",))
    answered = await office.post("/v1/disasters", declaration(office), token=elsewhere)
    assert (answered.status_code, slug(answered)) == (403, "out-of-scope")
    disaster_id, device = await office.device()
    today = office.runtime.today().isoformat()
    decree = {"phase": "transisi", "decree_number": "1", "decree_date": today, "valid_from": today}
    refused = [
        await office.post(f"/v1/disasters/{disaster_id}/phases", decree, token=elsewhere),
        await office.post("/v1/posts", {"disaster_id": disaster_id, "area_code": KATINGAN}, token=elsewhere),
        await office.post(f"/v1/posts/{device.post_id}/devices", token=elsewhere),
        await office.post(f"/v1/posts/{device.post_id}/devices/{device.device_id}/withdrawal", token=elsewhere),
    ]
    assert [slug(one) for one in refused] == ["out-of-scope"] * 4


async def test_post_is_enrolled_inside_the_decree_only(office: Office) -> None:
    """An unknown or foreign area is a problem from the office, and so is an unknown disaster."""
    disaster_id = await office.declare()
    for body, expected in (
        ({"disaster_id": disaster_id, "area_code": OUTSIDE}, "area-outside-disaster"),
        ({"disaster_id": disaster_id, "area_code": "62.06.99"}, "area-unknown"),
        ({"disaster_id": builders.new_id(), "area_code": KATINGAN}, "disaster-unknown"),
    ):
        assert slug(await office.post("/v1/posts", body)) == expected


async def test_device_gets_its_token_once_and_again_only_under_the_same_key(office: Office) -> None:
    """A lost answer is no lost token: the same command gives the same token; nothing shows it later."""
    disaster_id = await office.declare()
    post_id = await office.enrol_post(disaster_id)
    path = f"/v1/posts/{post_id}/devices"
    first = await office.post(path, {"valid_days": 14}, key="enrol-device-1")
    again = await office.post(path, {"valid_days": 14}, key="enrol-device-1")
    assert again.json() == first.json()
    content = first.json()
    verified = office.runtime.verifier.verify(content["token"])
    assert verified.grant.device_id == content["device_id"]
    assert verified.grant.scope == {"post": (post_id,), "area": ("62.06.01",)}
    days_left = (verified.expires_at - clock.now()) / timedelta(days=1)
    assert 13.9 < days_left <= 14
    shown = await office.get(f"/v1/posts/{post_id}")
    assert content["token"] not in shown.text
    assert shown.json()["devices"][0]["device_id"] == content["device_id"]


async def test_token_is_in_no_log_line(office: Office, capfd: pytest.CaptureFixture[str]) -> None:
    """A token is shown to who enrols the device, and to nobody else."""
    _, device = await office.device()
    assert device.token not in "".join(capfd.readouterr())


async def test_withdrawn_device_still_hands_in_what_it_captured_before(office: Office) -> None:
    """What was captured while enrolled is taken and flagged; what came after is refused."""
    disaster_id = await office.declare()
    post_id = await office.enrol_post(disaster_id)
    device = await office.enrol_device(post_id)
    before = device.household(builders.household(disaster_id))
    await _clock_goes_on(before["time"])
    await office.post(f"/v1/posts/{post_id}/devices/{device.device_id}/withdrawal")
    after = device.household(builders.household(disaster_id), time=builders.instant(clock.now() + timedelta(hours=1)))
    taken, refused = await device.send(before, after)
    assert (taken["status"], "withdrawn_device" in taken["flags"]) == ("accepted", True)
    assert (refused["status"], refused["http_status"]) == ("refused", 403)
    assert refused["problem"]["type"].endswith("device-withdrawn")


async def _clock_goes_on(after: str) -> None:
    """Until the clock's second is past an instant: devices write whole seconds."""
    while builders.instant(clock.now()) <= after:
        pass


async def test_device_without_a_post_or_key_file_is_a_clear_problem(fresh_office: Office) -> None:
    """An unknown post is not found; without the signing key nothing is enrolled."""
    office = fresh_office
    assert (await office.post(f"/v1/posts/{builders.new_id()}/devices")).status_code == 404
    disaster_id, device = await office.device()
    token = office.token("aid_officer")
    (office.runtime.settings.keys_dir / "token.key").unlink()
    answered = await office.post(f"/v1/posts/{device.post_id}/devices", token=token)
    assert (answered.status_code, slug(answered)) == (503, "key-file-unusable")
    shown = await office.get(f"/v1/posts/{device.post_id}", token=token)
    assert [one["device_id"] for one in shown.json()["devices"]] == [device.device_id]
    assert disaster_id == shown.json()["disaster_id"]


async def test_list_of_posts_shows_those_in_scope_page_by_page(office: Office) -> None:
    """Cursor paging by area and id; the office of another regency sees none; a post sees itself."""
    disaster_id = await office.declare()
    posts = [await office.enrol_post(disaster_id, f"62.06.{n:02}") for n in (3, 1, 2)]
    device = await office.enrol_device(posts[0])
    first = (await office.get("/v1/posts", disaster_id=disaster_id, limit=2)).json()
    assert [row["area_code"] for row in first["items"]] == ["62.06.01", "62.06.02"]
    rest = (await office.get("/v1/posts", disaster_id=disaster_id, limit=2, after=first["next"])).json()
    assert [row["area_code"] for row in rest["items"]] == ["62.06.03"]
    assert "next" not in rest
    elsewhere = await office.get("/v1/posts", token=office.token("aid_officer", area=("62.01",)))
    assert elsewhere.json()["items"] == []
    own = await office.get("/v1/posts", token=device.token)
    assert [row["id"] for row in own.json()["items"]] == [posts[0]]


async def test_list_of_disasters_is_paged_by_cursor(fresh_office: Office) -> None:
    """Every disaster is on exactly one page; a made-up cursor is refused."""
    office = fresh_office
    declared = sorted([await office.declare() for _ in range(3)])
    first = (await office.get("/v1/disasters", limit=2)).json()
    rest = (await office.get("/v1/disasters", limit=2, after=first["next"])).json()
    assert [row["id"] for row in first["items"] + rest["items"]] == declared
    assert first["as_of"] == 4
    assert slug(await office.get("/v1/disasters", after="x")) == "cursor-invalid"


READS = ("/v1/disasters", "/v1/posts", "/v1/households", "/v1/casualties", "/v1/damage")


async def test_each_door_lets_its_roles_through_and_nobody_else(office: Office) -> None:
    """Deny by default: the matrix of roles and doors, with no event behind a closed one."""
    disaster_id, device = await office.device()
    post_path = f"/v1/posts/{device.post_id}"
    casualty_path = f"/v1/casualties/{builders.new_id()}"
    damage_path = f"/v1/damage/{builders.new_id()}"
    doors = {
        "/v1/disasters": {"aid_officer", "operator"},
        f"/v1/disasters/{disaster_id}/phases": {"aid_officer", "operator"},
        "/v1/posts": {"aid_officer", "operator"},
        f"{post_path}/devices": {"aid_officer", "operator"},
        f"{post_path}/devices/{device.device_id}/withdrawal": {"aid_officer", "operator"},
        f"{casualty_path}/verification": {"aid_officer"},
        f"{casualty_path}/rejection": {"aid_officer"},
        f"{damage_path}/verification": {"aid_officer"},
        f"{damage_path}/rejection": {"aid_officer"},
    }
    readers = {"aid_officer", "operator", "approver", "auditor", "privacy_officer", "warehouse", "post"}
    for role in (*readers, "service", "visitor"):
        token = device.token if role == "post" else office.token(role)
        for path, allowed in doors.items():
            answered = await office.post(path, {"no": "content"}, token=token)
            assert (answered.status_code == 403) is (role not in allowed), (role, path, answered.text)
        for path in READS:
            answered = await office.get(path, token=token, disaster_id=disaster_id)
            assert answered.status_code == (200 if role in readers else 403), (role, path, answered.text)
    unknown = await office.client.get("/v1/households")
    assert (unknown.status_code, slug(unknown)) == (401, "token-missing")
