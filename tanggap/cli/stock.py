"""`tanggap stock`: what is in a store, goods that come in and move, and what was counted.

Owns words and options only; the rules are the logistics service's, asked over HTTP.
"""

from typing import Annotated, Any

import typer

from shared.kit.access.tokens import Grant
from tanggap.box.home import DEFAULT_HOME
from tanggap.cli.asking import (
    AtHome,
    By,
    Door,
    Key,
    Token,
    Url,
    amount_of,
    answer_events,
    answer_rows,
    new_key,
    pairs_of,
    whole_of,
)
from tanggap.cli.language import _
from tanggap.cli.output import answer

EVERYWHERE = {"place": ("*",), "area": ("*",), "owner": ("*",)}
ROLES = ("warehouse", "operator", "aid_officer")

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Place = Annotated[str, typer.Argument(help="The place's id.")]
Most = Annotated[int, typer.Option("--most", help="How many rows at most.", min=1, max=100_000)]
Document = Annotated[str, typer.Option("--document", help="The number of the document it rests on.")]


def door(url: str | None, token: str | None, home: Any, by: str, *roles: str) -> Door:
    """The logistics service, asked by somebody of the office."""
    return Door("logistics", url, token, home, Grant(subject=by, roles=roles or ROLES, scope=EVERYWHERE))


@app.command("card")
def card_command(
    place: Place,
    item: Annotated[str | None, typer.Option(help="Only this item.")] = None,
    lot: Annotated[str | None, typer.Option(help="Only this lot.")] = None,
    owner: Annotated[str | None, typer.Option(help="Only goods of this owner.")] = None,
    most: Most = 100,
    url: Url = None,
    token: Token = None,
    home: AtHome = DEFAULT_HOME,
    by: By = "officer-cli",
) -> None:
    """Show a place's stock card (kartu barang), oldest movement first."""
    rows = door(url, token, home, by).rows(
        f"/v1/places/{place}/card", most=most, item_code=item, lot_id=lot, owner_id=owner
    )
    columns = ("moved_on", "reason", "item_code", "lot_id", "other_place_id", "change", "balance", "cause")
    answer_rows(rows, columns, none=_("Nothing has moved here."))


@app.command("balances")
def balances_command(
    place: Place,
    item: Annotated[str | None, typer.Option(help="Only this item.")] = None,
    most: Most = 1000,
    url: Url = None,
    token: Token = None,
    home: AtHome = DEFAULT_HOME,
    by: By = "officer-cli",
) -> None:
    """Show what is in a place, lot by lot."""
    rows = door(url, token, home, by).rows(f"/v1/places/{place}/balances", most=most, item_code=item)
    answer_rows(rows, ("item_code", "lot_id", "on_hand", "reserved", "field_deficit"), none=_("Nothing is here."))


@app.command("receive")
def receive_command(
    item: Annotated[str, typer.Argument(help="The item's code.")],
    amount: Annotated[str, typer.Argument(help="Base units (50000), or packs (10karung).")],
    place: Annotated[str, typer.Option(help="The store.")],
    owner: Annotated[str, typer.Option(help="Whose goods: province, regency:62.06, bulog …")],
    document: Document,
    source: Annotated[str, typer.Option("--from", help="The account they come from.")] = "supplier",
    expires: Annotated[str | None, typer.Option(help="Their last day, YYYY-MM-DD.")] = None,
    url: Url = None,
    token: Token = None,
    home: AtHome = DEFAULT_HOME,
    by: By = "officer-cli",
    key: Key = None,
) -> None:
    """Receive goods into a store as a new lot."""
    at = door(url, token, home, by)
    body = {
        "item_code": item,
        "quantity": amount_of(at, item, amount),
        "place_id": place,
        "from_place_id": source,
        "owner_id": owner,
        "document_number": document,
        "expires_on": expires,
    }
    done = at.post("/v1/lots", body, key=key)
    answer_events(done, lot_id=done["events"][0]["subject"].partition("/")[2])


@app.command("move")
def move_command(
    lot: Annotated[str, typer.Argument(help="The lot.")],
    quantity: Annotated[int, typer.Argument(help="Base units.", min=1)],
    source: Annotated[str, typer.Option("--from", help="Where they are.")],
    to: Annotated[str, typer.Option("--to", help="Where they go: a store, lost, damaged …")],
    reason: Annotated[str, typer.Option(help="Such as return, loss, damage.")],
    url: Url = None,
    token: Token = None,
    home: AtHome = DEFAULT_HOME,
    by: By = "officer-cli",
    key: Key = None,
) -> None:
    """Write goods as returned, lost, damaged or kept apart."""
    body = {"from_place_id": source, "to_place_id": to, "quantity": quantity, "reason": reason}
    answer_events(door(url, token, home, by).post(f"/v1/lots/{lot}/movements", body, key=key))


@app.command("count")
def count_command(
    place: Place,
    line: Annotated[list[str], typer.Option(help="What was counted: LOT=QUANTITY; repeatable.")],
    loss: Annotated[list[str] | None, typer.Option(help="Why a lot is short: LOT=REASON.")] = None,
    surplus: Annotated[list[str] | None, typer.Option(help="Why a lot is over: LOT=REASON.")] = None,
    part: Annotated[bool, typer.Option(help="Only these lots were counted, not the whole place.")] = False,
    url: Url = None,
    token: Token = None,
    home: AtHome = DEFAULT_HOME,
    by: By = "officer-cli",
    key: Key = None,
) -> None:
    """Count a place (opname): begin, record and submit. A large difference waits for a second person."""
    at = door(url, token, home, by)
    key = key or new_key()
    begun = at.post("/v1/counts", {"place_id": place, "whole": not part}, key=key, step="/begin")
    count_id = begun["events"][0]["subject"].partition("/")[2]
    lines = [{"lot_id": lot, "counted": whole_of(counted)} for lot, counted in pairs_of(line)]
    at.post(f"/v1/counts/{count_id}/lines", {"lines": lines}, key=key, step="/lines")
    reasons = [{"lot_id": lot, "loss_reason": reason} for lot, reason in pairs_of(loss or [])]
    reasons += [{"lot_id": lot, "surplus_reason": reason} for lot, reason in pairs_of(surplus or [])]
    at.post(f"/v1/counts/{count_id}/submission", {"reasons": reasons}, key=key, step="/submit")
    shown = at.get(f"/v1/counts/{count_id}")
    answer(shown, text=_("count %(count)s: %(status)s", count=count_id, status=shown["status"]))


@app.command("approve-count")
def approve_count_command(
    count: Annotated[str, typer.Argument(help="The count's id.")],
    url: Url = None,
    token: Token = None,
    home: AtHome = DEFAULT_HOME,
    by: By = "approver-cli",
    key: Key = None,
) -> None:
    """Take a count into the books, as somebody who has not counted."""
    answer_events(door(url, token, home, by).post(f"/v1/counts/{count}/approval", {}, key=key))
