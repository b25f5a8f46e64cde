"""Rules every event keeps: no personal data, no floats, no null, one spelling, documented."""

import inspect
import re
from enum import StrEnum
from pathlib import Path

import pytest

from shared.contracts import vocabulary
from shared.contracts.catalogue import PUBLISHED
from shared.contracts.docs import page
from shared.contracts.envelope import Payload
from shared.contracts.field import EVENTS as FIELD
from shared.contracts.schemas import schema_of
from tests.contracts.catalogue_cases import ALL_CLASSES, SERVICE_CLASSES, field_names, schema_nodes, type_of

ROOT = Path(__file__).parents[2]

# Words that would name or reach a person, or tell of health: in English and as Indonesian forms have them.
PERSONAL = re.compile(
    r"(^|_)(name|nama|nik|kk|phone|telp|telepon|hp|email|address|alamat|account|rekening|iban|birth|born|lahir|age|"
    r"umur|groups?|pregnan\w*|hamil|disab\w*|difabel|health|ill\w*|diagnos\w*|religion|agama|ethnic\w*|photo|foto|"
    r"note|notes|remark|comment|catatan|description|text|latitude|longitude|rt|rw)(_|$)"
)
# Of a place, a key or a rule: never of a person.
OF_THINGS = {"key_name", "latitude_e7", "longitude_e7", "source_note", "age_band"}
# Texts without a pattern may hold anything; only these two cite a norm.
CITATIONS = {"legal_basis", "source_note"}


@pytest.mark.parametrize("payload", SERVICE_CLASSES, ids=type_of)
def test_no_service_event_has_a_field_for_personal_data(payload: type[Payload]) -> None:
    """Names, numbers, contacts, health and free text never enter a service's event."""
    suspects = {name for name in field_names(schema_of(payload)) if PERSONAL.search(name)}
    assert suspects <= OF_THINGS


@pytest.mark.parametrize("payload", FIELD, ids=type_of)
def test_the_search_for_personal_fields_finds_those_of_reports(payload: type[Payload]) -> None:
    """The rule above can fail: the reports it must never resemble are caught by it."""
    found = {name for name in field_names(schema_of(payload)) if PERSONAL.search(name)}
    expected = {
        "field.household_registered.v1": {
            "name", "nik", "kk_number", "phone", "address", "birth_date", "age_years", "groups",
        },
        "field.casualty_reported.v1": {"name", "nik"},
    }  # fmt: skip
    assert found == expected.get(payload.type, set())


@pytest.mark.parametrize("payload", SERVICE_CLASSES, ids=type_of)
def test_every_text_of_a_service_event_has_a_closed_form(payload: type[Payload]) -> None:
    """A text is an id, a code, a listed word, a date or a citation: there is no room for a sentence about someone."""
    for node in schema_nodes(schema_of(payload)):
        for name, field in (node.get("properties") or {}).items():
            if field.get("type") == "string" and name not in CITATIONS:
                assert field.keys() & {"pattern", "enum", "const", "format"}, name


@pytest.mark.parametrize("payload", SERVICE_CLASSES, ids=type_of)
def test_no_service_event_tells_a_vulnerable_group(payload: type[Payload]) -> None:
    """Health, disability and pregnancy stay in the vault, in whatever field they might be put."""
    secret = {vocabulary.VulnerableGroup.PREGNANT, vocabulary.VulnerableGroup.DISABLED}
    for node in schema_nodes(schema_of(payload)):
        assert not secret & set(node.get("enum", ()))


@pytest.mark.parametrize("payload", ALL_CLASSES, ids=type_of)
def test_no_event_has_a_float_a_null_or_an_unbounded_number(payload: type[Payload]) -> None:
    """Money and quantities are whole and survive a JavaScript reader; absent is left out."""
    for node in schema_nodes(schema_of(payload)):
        assert node.get("type") not in ("number", "null")
        if node.get("type") == "integer":
            assert "minimum" in node
            assert "maximum" in node or node["exclusiveMaximum"] <= 2**53


@pytest.mark.parametrize("payload", ALL_CLASSES, ids=type_of)
def test_every_list_and_free_text_has_a_limit(payload: type[Payload]) -> None:
    """A report of any length is cut off at the door, not in the database."""
    for node in schema_nodes(schema_of(payload)):
        if node.get("type") == "array" and "FieldFlag" not in str(node) and "ClaimFlag" not in str(node):
            assert "maxItems" in node
        if node.get("type") == "string":
            assert node.keys() & {"pattern", "enum", "const", "format", "maxLength"}


@pytest.mark.parametrize("payload", ALL_CLASSES, ids=type_of)
def test_every_event_is_documented_and_names_its_aggregate(payload: type[Payload]) -> None:
    """Each event says in a sentence what happened; its key and ordering are required fields."""
    assert payload.__doc__ != Payload.__doc__
    assert len((inspect.getdoc(payload) or "").split()) >= 5
    for name in {payload.key, payload.partition_by or payload.key}:
        assert payload.model_fields[name].is_required()


def test_every_event_is_published_by_the_service_its_type_names() -> None:
    """A type's first word is its publisher; posts' reports begin with `field`."""
    for service, classes in PUBLISHED.items():
        assert {payload.type.split(".")[0] for payload in classes} == {service}
    assert {payload.type.split(".")[0] for payload in FIELD} == {"field"}


def test_docs_events_page_is_up_to_date() -> None:
    """`python -m shared.contracts.docs` was run after the last change."""
    assert (ROOT / "docs" / "events.md").read_text(encoding="utf-8") == page()


def test_glossary_explains_every_indonesian_word_of_the_vocabulary() -> None:
    """An Indonesian term is kept only where docs/glossary.md tells a newcomer what it means."""
    glossary = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    indonesian = ("siaga", "tanggap_darurat", "transisi", "selesai", "ringan", "sedang", "berat", "apbd_btt")
    listed = {word.value for words in vars(vocabulary).values() if _is_word_list(words) for word in words}
    for word in indonesian:
        assert word in listed
        assert f"`{word}`" in glossary


def _is_word_list(candidate: object) -> bool:
    return inspect.isclass(candidate) and issubclass(candidate, StrEnum)
