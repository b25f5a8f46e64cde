"""`tanggap request`: goods asked for a place, decided on, and reserved.

Owns words and options only; the rules are the logistics service's, asked over HTTP.
"""

from typing import Annotated

import typer

from tanggap.box.home import DEFAULT_HOME
from tanggap.cli.asking import (
    AtHome,
    By,
    Key,
    Token,
    Url,
    amount_of,
    answer_each,
    answer_events,
    answer_rows,
    pairs_of,
)
from tanggap.cli.language import _
from tanggap.cli.stock import Most, door

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Line = Annotated[list[str], typer.Option("--line", help="ITEM=AMOUNT, such as beras=10karung; repeatable.")]


@app.command("open")
def open_command(
    to: Annotated[str, typer.Option("--to", help="The place the goods are for.")],
    area: Annotated[str, typer.Option(help="Its area code.")],
    disaster: Annotated[str, typer.Option(help="The disaster's id.")],
    line: Line,
    urgency: Annotated[str, typer.Option(help="critical, high, medium or low.")] = "medium",
    url: Url = None,
    token: Token = None,
    home: AtHome = DEFAULT_HOME,
    by: By = "officer-cli",
    key: Key = None,
) -> None:
    """Ask goods for a place."""
    at = door(url, token, home, by)
    lines = [{"item_code": item, "quantity": amount_of(at, item, amount)} for item, amount in pairs_of(line)]
    body = {"disaster_id": disaster, "area_code": area, "to_place_id": to, "urgency": urgency, "lines": lines}
    done = at.post("/v1/requests", body, key=key)
    answer_events(done, request_id=done["events"][0]["subject"].partition("/")[2])


@app.command("approve")
def approve_command(
    request: Annotated[str, typer.Argument(help="The request's id.")],
    line: Annotated[list[str] | None, typer.Option(help="Less than all: ITEM=AMOUNT; repeatable.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why less than all.")] = None,
    url: Url = None,
    token: Token = None,
    home: AtHome = DEFAULT_HOME,
    by: By = "approver-cli",
    key: Key = None,
) -> None:
    """Approve a request, as somebody other than who asked."""
    at = door(url, token, home, by, "approver")
    lines = [{"item_code": item, "quantity": amount_of(at, item, amount)} for item, amount in pairs_of(line or [])]
    answer_events(at.post(f"/v1/requests/{request}/approval", {"lines": lines or None, "reason": reason}, key=key))


@app.command("allocate")
def allocate_command(
    requests: Annotated[list[str] | None, typer.Argument(help="The requests' ids.")] = None,
    disaster: Annotated[str | None, typer.Option(help="All short requests of this disaster.")] = None,
    routing: Annotated[str, typer.Option(help="routes, or distance where no routes are set.")] = "routes",
    url: Url = None,
    token: Token = None,
    home: AtHome = DEFAULT_HOME,
    by: By = "officer-cli",
    key: Key = None,
) -> None:
    """Reserve goods, first expiry first, nearest first. Exit 3: some requests were refused."""
    body = {"request_ids": requests or [], "disaster_id": disaster, "routing": routing}
    answer_each(door(url, token, home, by).post("/v1/requests:allocate", body, key=key))


@app.command("list")
def list_command(
    disaster: Annotated[str | None, typer.Option(help="Only of this disaster.")] = None,
    area: Annotated[str | None, typer.Option(help="This area and all below it.")] = None,
    short: Annotated[bool | None, typer.Option(help="Only open ones that no store could give all.")] = None,
    overdue: Annotated[bool, typer.Option(help="Only ones whose time is up.")] = False,
    most: Most = 200,
    url: Url = None,
    token: Token = None,
    home: AtHome = DEFAULT_HOME,
    by: By = "officer-cli",
) -> None:
    """List requests and how far they are."""
    rows = door(url, token, home, by).rows(
        "/v1/requests", most=most, disaster_id=disaster, area_code=area, short=short, overdue=overdue
    )
    answer_rows(rows, ("id", "approval", "urgency", "due_at", "area_code", "to_place_id"), none=_("Nobody has asked."))
