"""`tanggap partner`: what donors pledged, what arrived, what was taken in, and their statements.

Owns words and options only; the rules are the logistics service's, asked over HTTP.
"""

import uuid
from typing import Annotated, Any

import typer

from tanggap.box.home import DEFAULT_HOME
from tanggap.cli.asking import AtHome, By, Door, Key, Token, Url, amount_of, answer_events, new_key, pairs_of, whole_of
from tanggap.cli.language import _
from tanggap.cli.output import answer
from tanggap.cli.stock import Document, door

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Partner = Annotated[str, typer.Argument(help="The partner's short name.")]
Pledge = Annotated[str, typer.Argument(help="The pledge's id.")]
Line = Annotated[list[str], typer.Option("--line", help="ITEM=AMOUNT, such as selimut=500; repeatable.")]


@app.command("register")
def register_command(
    partner: Partner,
    kind: Annotated[str, typer.Option(help="state_body, company, organisation, community or person.")],
    url: Url = None,
    token: Token = None,
    home: AtHome = DEFAULT_HOME,
    by: By = "officer-cli",
    key: Key = None,
) -> None:
    """Register a partner under a short name, of a person one that tells nothing."""
    body = {"partner_id": partner, "partner_kind": kind}
    answer_events(door(url, token, home, by).post("/v1/partners", body, key=key))


@app.command("pledge")
def pledge_command(
    partner: Partner,
    line: Line,
    document: Document,
    area: Annotated[str | None, typer.Option(help="Only for this area and all below it.")] = None,
    use: Annotated[str | None, typer.Option(help="Only for hand_out or kitchen.")] = None,
    people: Annotated[list[str] | None, typer.Option(help="Only for infants, children, women …; repeatable.")] = None,
    until: Annotated[str | None, typer.Option(help="Last day of these ties, YYYY-MM-DD.")] = None,
    url: Url = None,
    token: Token = None,
    home: AtHome = DEFAULT_HOME,
    by: By = "officer-cli",
    key: Key = None,
) -> None:
    """Write down what a partner promised, free or tied to a use."""
    at = door(url, token, home, by)
    ties = {"area_code": area, "use": use, "people": people, "until": until}
    tied = {name: value for name, value in ties.items() if value}
    body = {
        "partner_id": partner,
        "lines": _lines(at, line),
        "document_number": document,
        "restriction": tied or None,
    }
    done = at.post("/v1/pledges", body, key=key)
    answer_events(done, pledge_id=done["events"][0]["subject"].partition("/")[2])


@app.command("receive")
def receive_command(
    pledge: Pledge,
    place: Annotated[str, typer.Option(help="The store.")],
    line: Line,
    document: Document,
    url: Url = None,
    token: Token = None,
    home: AtHome = DEFAULT_HOME,
    by: By = "officer-cli",
    key: Key = None,
) -> None:
    """Take in goods of a pledge; they are stock once somebody else has inspected them."""
    at = door(url, token, home, by)
    key = key or new_key()
    receipt_id = str(uuid.uuid5(uuid.NAMESPACE_OID, key))
    body = {"receipt_id": receipt_id, "place_id": place, "lines": _lines(at, line), "document_number": document}
    answer_events(at.post(f"/v1/pledges/{pledge}/receipts", body, key=key), receipt_id=receipt_id)


@app.command("inspect")
def inspect_command(
    pledge: Pledge,
    receipt: Annotated[str, typer.Argument(help="The receipt's id.")],
    document: Document,
    accept: Annotated[list[str] | None, typer.Option(help="LINE=QUANTITY taken in; repeatable.")] = None,
    reject: Annotated[list[str] | None, typer.Option(help="LINE=QUANTITY turned away; repeatable.")] = None,
    cause: Annotated[str | None, typer.Option(help="Why: damaged, expired, spoiled …")] = None,
    owner: Annotated[str | None, typer.Option(help="Whose goods they become; else kept for the partner.")] = None,
    url: Url = None,
    token: Token = None,
    home: AtHome = DEFAULT_HOME,
    by: By = "inspector-cli",
    key: Key = None,
) -> None:
    """Inspect a receipt, as somebody other than who received it: what is good becomes stock."""
    found: dict[str, dict[str, Any]] = {}
    for name, words in (("accepted", accept or []), ("rejected", reject or [])):
        for line, quantity in pairs_of(words):
            found.setdefault(line, {"line_no": whole_of(line)})[name] = whole_of(quantity)
    for one in found.values():
        one.update({"rejection_cause": cause} if one.get("rejected") else {})
    body = {"owner_id": owner, "lines": list(found.values()), "document_number": document}
    path = f"/v1/pledges/{pledge}/receipts/{receipt}/inspection"
    answer_events(door(url, token, home, by).post(path, body, key=key))


@app.command("statement")
def statement_command(
    partner: Partner,
    url: Url = None,
    token: Token = None,
    home: AtHome = DEFAULT_HOME,
    by: By = "officer-cli",
) -> None:
    """Show what a partner pledged, what became of it and where it went; a partner's own token suffices."""
    shown = door(url, token, home, by).get(f"/v1/partners/{partner}/statement")
    lines = [
        f"{pledge['document_number']}  {line['item_code']}  "
        + _("pledged %(pledged)s, received %(received)s, stocked %(stocked)s, rejected %(rejected)s", **line)
        for pledge in shown["pledges"]
        for line in pledge["lines"]
    ]
    lines += [
        f"{one['area_code']}  {one['item_code']}  " + _("%(quantity)s to %(household_count)s households", **one)
        for one in shown["where_it_went"]
    ]
    answer(shown, text="\n".join(lines) or _("Nothing was pledged."))


def _lines(at: Door, words: list[str]) -> list[dict[str, Any]]:
    return [{"item_code": item, "quantity": amount_of(at, item, amount)} for item, amount in pairs_of(words)]
