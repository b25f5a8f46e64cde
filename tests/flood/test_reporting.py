"""The posts' devices as they write about goods: the same for a seed, numbered without a gap, in their contracts."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from shared.contracts import field
from shared.kit.access.tokens import create_token_keys, load_signing_key
from tanggap.flood.box import Box
from tanggap.flood.caller import Caller
from tanggap.flood.faults import Schedule
from tanggap.flood.journal import Journal
from tanggap.flood.plan import Options
from tanggap.flood.player import silent
from tanggap.flood.reporting import Reporting
from tanggap.flood.reports import Report
from tanggap.flood.stage import Cast, Stage
from tanggap.flood.world import make_world

SEED = 7


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A flood that asks nobody: no service runs."""
    create_token_keys(tmp_path)
    box = Box(urls={}, home=tmp_path, installation="test", signing_key=load_signing_key(tmp_path))
    with closing(Journal.begin(tmp_path, "a", {})) as journal:
        schedule = Schedule(None, frozenset(), lambda text: None)
        world = make_world(Options(SEED, 0.002, "a"))
        yield Stage(box, world, Caller({}, journal), Cast.of(box, "a"), journal, schedule, silent)


def written(stage: Stage, order: list[int]) -> list[Report]:
    """What the posts write when they come to it in this order, by post."""
    reporting = Reporting(stage)
    said = {"lines": [{"item_code": "beras", "quantity": 1}], "urgency": "low"}
    reports = [
        (number, reporting.report(stage.world.posts[number], "field.goods_requested.v1", said)) for number in order
    ]
    return [report for _, report in sorted(reports, key=lambda one: one[0])]


def test_a_device_writes_the_same_whatever_the_other_posts_do_meanwhile(stage: Stage) -> None:
    """Posts write side by side; a flood of one seed has the same reports all the same."""
    assert written(stage, [0, 1, 2, 0, 1]) == written(stage, [1, 0, 0, 2, 1])


def test_a_device_numbers_all_it_writes_about_goods_without_a_gap(stage: Stage) -> None:
    """Hand-outs, requests, stops and meals are one series of their device."""
    envelopes = [field.FieldEnvelope.model_validate(orjson.loads(one.body)) for one in written(stage, [0, 1, 0, 1, 1])]
    assert [one.devicenumber for one in envelopes] == [1, 2, 1, 2, 3]
    assert len({one.id for one in envelopes}) == len(envelopes)
    assert {one.device_id for one in envelopes} == {post.device_id for post in stage.world.posts[:2]}
