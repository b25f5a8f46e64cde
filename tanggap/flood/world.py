"""A flood in Katingan, made from a seed: the same seed, scale, run and anchor give the same bytes.

Owns what happens: who lives where, who is written down by whom, and which troubles are in it. Must not send anything,
look at a clock or read what a service says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from random import Random

from tanggap.flood.areas import struck
from tanggap.flood.ids import Ids
from tanggap.flood.plan import Clock, Options, Post, World
from tanggap.flood.reports import Batch
from tanggap.flood.scale import Sizes, sizes_at
from tanggap.flood.writing import write_down

RESENT_SHARE = 50  # one batch in so many is sent twice: 2 %


def make_world(options: Options) -> World:
    """The flood of these options. Raises: ScaleOutOfRange."""
    sizes = sizes_at(options.scale)
    random = Random(f"tanggap-flood/{options.seed}/{options.scale!r}/{options.run}")
    ids = Ids(random)
    disaster_id = ids.at(options.anchor)
    posts = _posts(sizes, ids, options.anchor)
    written = write_down(sizes, posts, disaster_id, random, options.anchor)
    return World(
        options=options,
        sizes=sizes,
        disaster_id=disaster_id,
        posts=posts,
        batches=_with_resent(written.batches, random),
        casualties=written.casualties,
        surveys=written.surveys,
        households=written.households,
    )


def _posts(sizes: Sizes, ids: Ids, anchor: datetime) -> tuple[Post, ...]:
    """The posts, at least one in each struck district; the second is cut off and the third has a wrong clock."""
    by_district: dict[str, list[str]] = {}
    for village in struck(sizes.villages):
        by_district.setdefault(village.rpartition(".")[0], []).append(village)
    counts = dict.fromkeys(by_district, 1)
    left = sizes.kitchens - len(counts)
    while left > 0:
        busiest = max(counts, key=lambda district: (len(by_district[district]) / counts[district], district))
        counts[busiest] += 1
        left -= 1
    posts = []
    for district, villages in by_district.items():
        for place in range(counts[district]):
            own = tuple(villages[place :: counts[district]])
            posts.append(Post(ids.at(anchor), ids.at(anchor), district, own, Clock.STEADY))
    return tuple(
        replace(post, clock={1: Clock.TWO_DAYS_LATE, 2: Clock.A_YEAR_BACK}.get(place, Clock.STEADY))
        for place, post in enumerate(posts)
    )


def _with_resent(batches: Mapping[str, Sequence[Batch]], random: Random) -> dict[str, tuple[Batch, ...]]:
    """One batch in fifty is sent twice, at least one of a flood."""
    places = [(post_id, place) for post_id, of_post in batches.items() for place in range(len(of_post))]
    resent = set(random.sample(places, max(1, round(len(places) / RESENT_SHARE))))
    return {
        post_id: tuple(
            replace(batch, resent=True) if (post_id, place) in resent else batch for place, batch in enumerate(of_post)
        )
        for post_id, of_post in batches.items()
    }
