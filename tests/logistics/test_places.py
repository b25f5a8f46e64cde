"""Places and the catalogue: opened once, named so that accounts are known by their id."""

from dataclasses import replace

import pytest

from services.logistics.items.domain import UNKNOWN_ITEM, ListItem
from services.logistics.places.domain import OpenPlace, Place
from services.logistics.places.reactions import react_to_post
from shared.contracts import victims
from shared.contracts.ids import PlaceId
from shared.contracts.places import PlaceOpened
from shared.contracts.vocabulary import BaseUnit, ItemCategory, PlaceKind
from shared.kit.decisions.types import Event, Ref
from tests.contracts.catalogue_cases import golden
from tests.logistics.builders import POST, RICE, TODAY, VILLAGE, open_post, open_warehouse, receive, setting
from tests.logistics.story import AT, Story, only


def test_a_place_is_opened_once() -> None:
    """The same again is no event; something else under the same id is refused."""
    story = Story()
    opened = open_warehouse(latitude_e7=-18_000_000, longitude_e7=1_134_000_000)
    assert only(story.accepted(opened), PlaceOpened).latitude_e7 == -18_000_000
    assert story.accepted(opened) == []
    assert story.refused(replace(opened, latitude_e7=-19_000_000)) == "place-opened-already"


@pytest.mark.parametrize(
    ("place_id", "kind"),
    [
        ("lost", PlaceKind.WAREHOUSE),
        ("supplier:bulog", PlaceKind.WAREHOUSE),
        ("gudang", PlaceKind.SUPPLIER),
        ("transit", PlaceKind.VEHICLE),
        ("posko", PlaceKind.POST),
    ],
)
def test_accounts_are_known_by_their_id(place_id: str, kind: PlaceKind) -> None:
    """A store named like an account could hold less than nothing; posts are enrolled, not opened by hand."""
    assert Story().refused(OpenPlace(PlaceId(place_id), kind, TODAY)) == "place-misnamed"


def test_a_suppliers_own_account_is_opened_before_goods_come_from_it() -> None:
    """Whose goods they were can be told later."""
    story = Story().given(*setting())
    bulog = PlaceId("supplier:bulog")
    assert story.refused(receive(from_place_id=bulog)) == "place-unknown"
    story.accepted(OpenPlace(bulog, PlaceKind.SUPPLIER, TODAY))
    story.accepted(receive(10, lot_id="01936f5e-3a18-7018-8018-0c0ffee00018", from_place_id=bulog))
    assert story.on_hand("01936f5e-3a18-7018-8018-0c0ffee00018", bulog) == (-10,)


def test_an_area_that_stands_in_no_list_is_refused_to_the_office() -> None:
    """An office can look a code up; a post in the field cannot."""
    assert Story().refused(open_warehouse(area_code="62.99", area_known=False)) == "area-unknown"


def test_an_enrolled_post_is_a_place_for_goods() -> None:
    """The post's place has the post's id; told again, nothing happens."""
    said = victims.PostEnrolled.model_validate(golden(victims.PostEnrolled)["data"])
    event = Event("event-1", Ref("post", said.post_id), 1, AT, said, "officer-1", "officer")
    (command,) = react_to_post(event, TODAY)
    story = Story()
    opened = only(story.accepted(command), PlaceOpened)
    assert (opened.place_kind, opened.post_id, opened.area_code) == (PlaceKind.POST, said.post_id, said.area_code)
    assert story.accepted(command) == []


def test_a_post_is_opened_with_its_area() -> None:
    """What it may serve is judged by its area."""
    story = Story().given(open_post())
    assert story.state(Place, POST).area_code == VILLAGE


def test_the_unit_of_an_item_never_changes() -> None:
    """Every balance is counted in it."""
    story = Story().given(ListItem(RICE, ItemCategory.FOOD, BaseUnit.GRAM, TODAY))
    assert story.accepted(ListItem(RICE, ItemCategory.FOOD, BaseUnit.GRAM, TODAY)) == []
    assert story.refused(ListItem(RICE, ItemCategory.FOOD, BaseUnit.PIECE, TODAY)) == "item-listed-already"
    assert story.refused(ListItem(UNKNOWN_ITEM, ItemCategory.FOOD, BaseUnit.PIECE, TODAY)) == "item-listed-already"
