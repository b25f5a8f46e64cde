"""What posts ask for themselves: for their kitchens, and mattresses of which the regency has not enough for all.

Owns the requests of the posts up to the vehicles that leave for them: one is asked back and waits, what is scarce is
shared, and what the regency cannot give is asked of the province by letter. Must not count what arrives.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

from tanggap.flood.areas import KATINGAN
from tanggap.flood.office import STORES, drawn_id
from tanggap.flood.plan import Post
from tanggap.flood.reporting import Reporting
from tanggap.flood.sending import Sending, Sent
from tanggap.flood.stage import NotAsPlanned, Stage

SERVICE = "logistics"
REQUESTED = "field.goods_requested.v1"
RICE, SIDE_DISH, MATTRESS = "beras", "lauk-pauk", "matras"
RICE_ASKED_G, SIDE_DISHES_ASKED, MATTRESSES_ASKED = 12_000, 60, 40
# The regency has half of the mattresses its posts ask for together.
MATTRESSES_A_POST = MATTRESSES_ASKED // 2
URGENCIES = ("critical", "high", "medium", "low")
REGENCY_STORE, PROVINCE_STORE = STORES[1], STORES[0]
REGENCY_OFFICE = "dinsos-katingan"
# Assumed, for the posts' own estimate alone: they do not know the registers.
PERSONS_A_HOUSEHOLD = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """A post's request and the vehicles that left for it."""

    post: Post
    request_id: str
    sent: tuple[Sent, ...]


class Asking:
    """The posts asking, and the offices that answer."""

    def __init__(self, stage: Stage, reporting: Reporting, sending: Sending) -> None:
        self._stage = stage
        self._reporting = reporting
        self._sending = sending
        self._request_ids = {post.post_id: drawn_id(stage, "asked", post.post_id) for post in stage.world.posts}

    async def play(self) -> tuple[Asked, ...]:
        """From the posts' reports to the last vehicle that leaves."""
        posts = self._stage.world.posts
        await self._stock_up()
        await self._ask()
        await self._ask_back(self._request_ids[posts[0].post_id])
        await self._share()
        await self._pass_on(*await self._shortest())
        sent = await asyncio.gather(*(self._sending.dispatch(id_) for id_ in self._request_ids.values()))
        return tuple(
            Asked(post, self._request_ids[post.post_id], tuple(of)) for post, of in zip(posts, sent, strict=True)
        )

    async def _stock_up(self) -> None:
        """The regency buys for its posts' kitchens; of mattresses each owner has what it has."""
        count = len(self._stage.world.posts)
        wanted = (
            (REGENCY_STORE, RICE, RICE_ASKED_G * count),
            (REGENCY_STORE, SIDE_DISH, SIDE_DISHES_ASKED * count),
            (REGENCY_STORE, MATTRESS, MATTRESSES_A_POST * count),
            (PROVINCE_STORE, MATTRESS, MATTRESSES_ASKED),
        )
        for store, item_code, quantity in wanted:
            lot_id = drawn_id(self._stage, "for-posts", store.place_id, item_code)
            lot = {
                "lot_id": lot_id,
                "item_code": item_code,
                "place_id": store.place_id,
                "quantity": quantity,
                "owner_id": store.owner_id,
                "unit_value_idr": 14_000,
                "valued_quantity": 1_000 if item_code == RICE else 1,
                "value_basis": "cost",
                "document_number": f"BAST/POSKO/{lot_id[-8:]}",
            }
            await self._keep("/v1/lots", f"lot-{lot_id}", lot)

    async def _ask(self) -> None:
        """Each post reports what it needs, the first as if lives hung on it."""
        posts = self._stage.world.posts
        await asyncio.gather(*(self._report(post, number) for number, post in enumerate(posts)))
        self._stage.journal.story("posts_asked", requests=self._request_ids)

    async def _report(self, post: Post, number: int) -> None:
        homes = sum(len(self._stage.world.households.get(village, ())) for village in post.villages)
        said = {
            "request_id": self._request_ids[post.post_id],
            "disaster_id": self._stage.world.disaster_id,
            "area_code": post.area_code,
            "urgency": URGENCIES[number % len(URGENCIES)],
            "lines": [
                {"item_code": RICE, "quantity": RICE_ASKED_G},
                {"item_code": SIDE_DISH, "quantity": SIDE_DISHES_ASKED},
                {"item_code": MATTRESS, "quantity": MATTRESSES_ASKED},
            ],
            "person_count": PERSONS_A_HOUSEHOLD * homes + 1,
        }
        await self._reporting.tell(post, REQUESTED, said)

    async def _ask_back(self, request_id: str) -> None:
        """The office asks the post how many it meant; until the answer the clock of the request stands."""
        path = f"/v1/requests/{request_id}"
        await self._keep(f"{path}/pause", "pause", {"question": "quantity_unclear"})
        await self._keep(f"{path}/resume", "resume", {})
        self._stage.journal.story("asked_back", request_id=request_id, question="quantity_unclear")

    async def _share(self) -> None:
        """All are approved and planned together, so that the mattresses are shared."""
        ids = list(self._request_ids.values())
        await self._each("approve", ids, "regency")
        await self._each("allocate", ids, "regency")
        in_store = MATTRESSES_A_POST * len(ids)
        self._stage.journal.story("shared", request_ids=ids, item_code=MATTRESS, in_store=in_store)

    async def _shortest(self) -> tuple[str, int]:
        """The request that is short of most mattresses, and of how many."""
        caller, storekeeper = self._stage.caller, self._stage.cast.storekeeper
        short: dict[str, int] = {}
        for id_ in self._request_ids.values():
            shown = await caller.read(SERVICE, storekeeper, f"/v1/requests/{id_}")
            short[id_] = sum(line["quantity"] for line in shown["short"] if line["item_code"] == MATTRESS)
        most = min(short, key=lambda id_: (-short[id_], id_))
        if sum(short.values()) != MATTRESSES_A_POST * len(short):
            raise NotAsPlanned(f"the posts are short of other than half of what they asked: {short}")
        return most, short[most]

    async def _pass_on(self, request_id: str, short: int) -> None:
        """The regency asks the province for the rest, under a numbered letter of its own."""
        stage, letter_id = self._stage, drawn_id(self._stage, "letter-upward")
        letter = {
            "document_id": letter_id,
            "document_kind": "surat_permohonan",
            "office": REGENCY_OFFICE,
            "subject": f"request/{request_id}",
        }
        await self._keep("/v1/documents", "letter", letter)
        shown = await stage.caller.read(SERVICE, stage.cast.storekeeper, f"/v1/documents/{letter_id}")
        number = shown["content"]["letter_number"]
        upward = {"to_owner_id": PROVINCE_STORE.owner_id, "letter_number": number}
        await self._keep(f"/v1/requests/{request_id}/forwarding", "forward", upward)
        await self._each("approve", [request_id], "province")
        await self._each("allocate", [request_id], "province")
        stage.journal.story(
            "forwarded",
            request_id=request_id,
            from_owner_id=f"regency:{KATINGAN}",
            to_owner_id=PROVINCE_STORE.owner_id,
            document_id=letter_id,
            letter_number=number,
            quantity=short,
        )

    async def _each(self, act: str, request_ids: list[str], turn: str) -> None:
        stage = self._stage
        actor = stage.cast.approver if act == "approve" else stage.cast.storekeeper
        key = stage.key("posts", act, turn)
        items = await stage.caller.commands(SERVICE, actor, f"/v1/requests:{act}", key, {"request_ids": request_ids})
        refused = [item for item in items if item["status"] != "accepted"]
        if refused:
            raise NotAsPlanned(f"{act}: a post's request was not accepted: {refused[0].get('problem')}")

    async def _keep(self, path: str, name: str, body: dict[str, Any]) -> None:
        await self._stage.must(SERVICE, self._stage.cast.storekeeper, path, self._stage.key("posts", name), body)
