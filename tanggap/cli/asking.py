"""How a command asks a service: where it is, who asks, and what its answers mean.

Without --url the box on this machine is asked, under a token of its own; elsewhere the token stands in TANGGAP_TOKEN or
comes by --token. Must not know what is asked.
"""

import os
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from shared.kit.access.tokens import Grant
from tanggap.box.home import Home
from tanggap.box.keys import issue_token
from tanggap.cli.exits import Exit, exit_of_status
from tanggap.cli.language import _, language
from tanggap.cli.output import Document, answer, fail

TOKEN = "TANGGAP_TOKEN"
TOKEN_TTL = timedelta(minutes=10)
TIMEOUT_S = 60
_AMOUNT = re.compile(r"([0-9]{1,15})([a-z][a-z0-9-]{0,29})?")

Url = Annotated[str | None, typer.Option("--url", help="The service's address; else the box on this machine.")]
Token = Annotated[str | None, typer.Option("--token", help=f"The token; else the variable {TOKEN}.")]
AtHome = Annotated[Path, typer.Option("--home", help="The box's home.")]
By = Annotated[str, typer.Option("--by", help="Who acts on this machine's box: a pseudonym, never a name.")]
Key = Annotated[str | None, typer.Option("--key", help="The Idempotency-Key: the same key again is never done twice.")]


@dataclass(frozen=True, slots=True)
class Door:
    """Where a service is and who asks there."""

    service: str
    url: str | None
    token: str | None
    home: Path
    grant: Grant

    def client(self) -> httpx.Client:
        """A client of the service, with the token."""
        url, token = self.url, self.token or os.environ.get(TOKEN, "")
        if url is None:
            place = Home.at(self.home)
            running = place.read_running()["services"]
            if self.service not in running:
                fail(
                    "no_such_service",
                    _("No service %(service)s runs on %(home)s.", service=self.service, home=place.folder),
                    code=Exit.USAGE,
                )
            url = running[self.service]["url"]
            token = self.token or issue_token(place, self.grant, installation=place.installation(), ttl=TOKEN_TTL)
        if not token:
            fail("token_missing", _("The variable %(name)s holds no token.", name=TOKEN), code=Exit.NOT_ALLOWED)
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": language()}
        return httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_S, trust_env=False)

    def get(self, path: str, **params: str | int | bool | None) -> dict[str, Any]:
        """What a read shows."""
        with self.client() as client:
            return answered(client.get(path, params=_named(params)))

    def rows(self, path: str, *, most: int, **params: str | int | bool | None) -> list[dict[str, Any]]:
        """The first rows of a list, page by page."""
        found: list[dict[str, Any]] = []
        with self.client() as client:
            for content in _pages(client, path, _named(params)):
                found += content["items"]
                if len(found) >= most:
                    break
        return found[:most]

    def post(self, path: str, body: Document, *, key: str | None, step: str = "") -> dict[str, Any]:
        """What a command, or a step of one, comes to. Cut off, it names the key under which it may be sent again."""
        used = key or new_key()
        stated = {name: value for name, value in body.items() if value is not None}
        try:
            with self.client() as client:
                return answered(client.post(path, json=stated, headers={"Idempotency-Key": used + step}))
        except httpx.TransportError as lost:
            again = _("Run the same command again with --key %(key)s.", key=used)
            message = _("The service could not be reached (%(kind)s).", kind=type(lost).__name__)
            fail("unreachable", message, next_step=again, code=Exit.TRY_AGAIN)


def new_key() -> str:
    """A key nobody has used."""
    return str(uuid.uuid4())


def answered(response: httpx.Response) -> dict[str, Any]:
    """The content of an answer that is none of a problem."""
    if response.status_code < httpx.codes.BAD_REQUEST:
        content: dict[str, Any] = response.json()
        return content
    problem = response.json()
    places = "; ".join(f"{one['location']}: {one['message']}" for one in problem.get("errors", ()))
    message = f"{problem['detail']} ({places})" if places else problem["detail"]
    slug = problem["type"].rpartition(":")[2]
    fail(slug, message, next_step=problem.get("next_step", ""), code=exit_of_status(response.status_code))


def answer_each(done: Document) -> None:
    """Give the answer to a command of several parts: exit 3 if some were refused, else that of the first refused."""
    refused = [one for one in done["items"] if one["status"] != "accepted"]
    lines = [f"{one['id']}  {one['status']}{_why(one)}" for one in done["items"]]
    code = Exit.OK if not refused else Exit.PARTLY if len(refused) < len(done["items"]) else _exit_of(refused[0])
    answer(done, text="\n".join(lines) or _("Nothing to do."), code=code)


def answer_events(done: Document, **more: Any) -> None:
    """Give the answer to a command: what was logged, and the id it was logged for."""
    lines = [f"{event['type']}  {event['subject']}" for event in done["events"]]
    answer({**more, **done}, text="\n".join([*lines, *(f"{name}: {value}" for name, value in more.items())]))


def answer_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, none: str) -> None:
    """Give a list as the answer: with --json whole, else some columns of it."""
    lines = ["  ".join(str(row.get(column, "-")) for column in columns) for row in rows]
    answer({"items": rows}, text="\n".join(lines) or none)


def amount_of(door: Door, item_code: str, text: str) -> int:
    """`5000` base units, or `10karung` packs of an item, in base units."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        fail("amount_unreadable", _("An amount is written 5000 or 10karung, not %(text)s.", text=text), code=Exit.USAGE)
    if match[2] is None:
        return int(match[1])
    packs: dict[str, int] = next(
        (row["pack_units"] for row in door.rows("/v1/items", most=10_000) if row["id"] == item_code), {}
    )
    if match[2] not in packs:
        fail(
            "pack_unknown", _("The item %(item)s comes in no %(pack)s.", item=item_code, pack=match[2]), code=Exit.USAGE
        )
    return int(match[1]) * packs[match[2]]


def whole_of(text: str) -> int:
    """A whole number."""
    if not (text.isascii() and text.isdigit()):
        fail("number_unreadable", _("A whole number is expected, not %(text)s.", text=text), code=Exit.USAGE)
    return int(text)


def pairs_of(words: Sequence[str]) -> list[tuple[str, str]]:
    """`NAME=VALUE` words as pairs."""
    found = [tuple(word.split("=", 1)) for word in words]
    wrong = next((word for word, pair in zip(words, found, strict=True) if len(pair) != 2 or not all(pair)), None)
    if wrong is not None:
        fail("line_unreadable", _("A line is written NAME=VALUE, not %(text)s.", text=wrong), code=Exit.USAGE)
    return [(pair[0], pair[1]) for pair in found]


def _pages(client: httpx.Client, path: str, params: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    after: dict[str, str] = {}
    while True:
        content = answered(client.get(path, params={**params, **after}))
        yield content
        if "next" not in content:
            return
        after = {"after": content["next"]}


def _named(params: Mapping[str, str | int | bool | None]) -> dict[str, str]:
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in params.items()
        if value is not None
    }


def _why(item: Mapping[str, Any]) -> str:
    return f": {item['problem']['detail']}" if "problem" in item else ""


def _exit_of(item: Mapping[str, Any]) -> Exit:
    return exit_of_status(int(item["problem"]["status"])) if "problem" in item else Exit.FAILED
