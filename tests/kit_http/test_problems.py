"""Every error is a problem with a stable type, a next step, and nothing anybody sent."""

from pathlib import Path

import httpx
import pytest

from shared.kit.errors import TITLES
from shared.kit.http.json_input import flaw_messages
from shared.kit.http.validation import MESSAGES, OTHER
from shared.kit.i18n import Languages, choose_language, message_ids
from tests.kit_http.toy import NIK, Toy

KEY = {"Idempotency-Key": "key-00000001"}
GOOD = {"label": "a", "count": 1}


def assert_problem(response: httpx.Response, status: int, slug: str) -> dict[str, object]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    document = response.json()
    assert document["type"] == f"urn:tanggap:problem:{slug}"
    assert document["status"] == status
    assert document["title"]
    assert document["detail"]
    assert document["next_step"]
    assert document["instance"] == f"urn:uuid:{response.headers['x-request-id']}"
    return dict(document)


async def test_unknown_address_is_a_problem(client: httpx.AsyncClient) -> None:
    """404 is told as a problem."""
    assert_problem(await client.get("/v1/nothing"), 404, "not-found")


async def test_wrong_method_is_a_problem_that_names_the_right_ones(client: httpx.AsyncClient) -> None:
    """405 is told as a problem, with the header Allow."""
    response = await client.put("/v1/events")
    assert_problem(response, 405, "method-not-allowed")
    assert response.headers["allow"] == "POST"


async def test_invalid_content_names_the_places_without_the_values(client: httpx.AsyncClient, toy: Toy) -> None:
    """422 lists each place and what is expected, and echoes nothing: no value, no field name of the sender's."""
    content = {"label": f"Siti {NIK}", "count": 0, NIK: "x", "packed_at": NIK}
    response = await client.post("/v1/crates", json=content, headers=KEY)
    document = assert_problem(response, 422, "content-invalid")
    assert document["errors"] == [
        {"location": "body.label", "message": "The text has more than 8 characters."},
        {"location": "body.count", "message": "The number must be at least 1."},
        {"location": "body.packed_at", "message": "An instant like 2026-11-24T01:02:03Z is expected."},
        {"location": "body", "message": "This object holds a field that is not known here."},
    ]
    assert NIK not in response.text + toy.log.getvalue()
    assert "Siti" not in response.text + toy.log.getvalue()


async def test_message_of_an_own_check_is_not_told_unless_it_is_in_the_catalogue(client: httpx.AsyncClient) -> None:
    """A validator's message may quote the input, so only texts of the catalogue are shown."""
    response = await client.post("/v1/crates", json={"label": "a Siti", "count": 1}, headers=KEY)
    document = assert_problem(response, 422, "content-invalid")
    assert document["errors"] == [{"location": "body.label", "message": OTHER}]


async def test_fault_tells_only_the_request_id(client: httpx.AsyncClient, toy: Toy) -> None:
    """500 tells nothing of the exception; the log tells its type and places, not its message."""
    response = await client.get("/v1/crates/2")
    assert_problem(response, 500, "fault")
    assert NIK not in response.text
    logged = toy.log.getvalue()
    assert '"exception":"builtins.RuntimeError"' in logged
    assert "toy.py" in logged
    assert response.headers["x-request-id"] in logged
    assert NIK not in logged
    assert "Siti" not in logged


async def test_expected_failure_tells_its_slug_and_values(client: httpx.AsyncClient) -> None:
    """A domain error becomes its problem."""
    document = assert_problem(await client.get("/v1/crates/1"), 409, "crate-lost")
    assert document["detail"] == "The crate 1 is lost."


async def test_unreachable_database_asks_to_try_again(client: httpx.AsyncClient, toy: Toy) -> None:
    """503 with Retry-After, and the log tells no address or password."""
    response = await client.get("/v1/crates/3")
    assert_problem(response, 503, "unavailable")
    assert response.headers["retry-after"] == "2"
    assert "nobody" not in response.text + toy.log.getvalue()


async def test_problem_is_in_indonesian_unless_english_is_asked_for(client: httpx.AsyncClient) -> None:
    """Indonesian is the first language."""
    response = await client.get("/v1/nothing", headers={"Accept-Language": "fr, *;q=0.5"})
    assert response.headers["content-language"] == "id"
    assert response.json()["title"] == "Tidak ditemukan"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "id"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("id;q=0.5, en;q=0.8", "en"),
        ("en;q=0", "id"),
        ("en;q=x", "id"),
        ("," * 10_000, "id"),
    ],
)
def test_language_is_chosen_by_quality(header: str | None, language: str) -> None:
    """The best language of the header wins; what cannot be read is ignored."""
    assert choose_language(header) == language


def test_catalogue_of_a_service_is_merged_with_the_kit_s(tmp_path: Path) -> None:
    """A service translates its own texts beside its code; the kit's stay."""
    folder = tmp_path / "id" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "toy.po").write_text('msgid "The crate is sealed."\nmsgstr "Peti tersegel."\n', encoding="utf-8")
    languages = Languages([tmp_path])
    assert languages.translate("The crate is sealed.", "id") == "Peti tersegel."
    assert languages.translate("The crate is sealed.", "en") == "The crate is sealed."
    assert languages.translate("Not found", "id") == "Tidak ditemukan"
    assert languages.translate("", "id") == ""


def test_every_text_of_the_kit_is_translated() -> None:
    """No text a person sees is left in English only."""
    languages = Languages()
    kit = Path(__file__).parents[2] / "shared" / "kit"
    texts = {text for _, text in message_ids(kit)} | set(TITLES.values()) | set(MESSAGES.values()) | {OTHER}
    untranslated = {text for text in texts | set(flaw_messages()) if text and not languages.knows(text)}
    assert untranslated == set()


def test_translations_fill_the_same_places() -> None:
    """A translation with another place would fail when it is filled."""
    languages = Languages()
    kit = Path(__file__).parents[2] / "shared" / "kit"
    for _, text in message_ids(kit):
        assert sorted(_places(languages.translate(text, "id"))) == sorted(_places(text))


def _places(text: str) -> list[str]:
    return [part.partition(")")[0] for part in text.split("%(")[1:]]
