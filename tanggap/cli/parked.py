"""`tanggap parked`: stream entries a service set aside, and the order to try them again.

Owns words and options only; what is parked and how it is repeated is the service's, asked over HTTP. Without --url the
box on this machine is asked, as an operator of its own; elsewhere the token stands in TANGGAP_TOKEN.
"""

from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from shared.kit.access.tokens import Grant
from tanggap.box.home import DEFAULT_HOME
from tanggap.cli.asking import AtHome, Door, Url, answered
from tanggap.cli.exits import Exit
from tanggap.cli.language import _
from tanggap.cli.output import answer

OPERATOR = Grant(subject="operator-cli", roles=("operator",))

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Service = Annotated[str, typer.Argument(help="The service that set entries aside: victims, logistics or aid.")]
Source = Annotated[str, typer.Argument(help="The service whose entry it is.")]


@app.command("list")
def list_command(service: Service, url: Url = None, home: AtHome = DEFAULT_HOME) -> None:
    """List what is set aside, oldest number first, and why."""
    rows: list[dict[str, Any]] = []
    with _client(service, url, home) as client:
        after: str | None = None
        while True:
            page = answered(client.get("/v1/parked", params={"after": after} if after else {}))
            rows += page["parked"]
            after = page["next"]
            if after is None:
                break
    lines = [f"{_place(row)}  {row.get('subject', '-')}  {row['reason']}  ({row['attempts']}x)" for row in rows]
    answer({"parked": rows}, text="\n".join(lines) or _("Nothing is set aside."))


@app.command("show")
def show_command(
    service: Service, source: Source, partition: int, number: int, url: Url = None, home: AtHome = DEFAULT_HOME
) -> None:
    """Show one entry that was set aside."""
    with _client(service, url, home) as client:
        answer(answered(client.get(f"/v1/parked/{source}/{partition}/{number}")))


@app.command("redrive")
def redrive_command(
    service: Service,
    source: Source,
    subject: Annotated[str, typer.Argument(help="The subject whose entries to try again, such as household/ID.")],
    url: Url = None,
    home: AtHome = DEFAULT_HOME,
) -> None:
    """Try a subject's entries again, in order. Exit 3: some were applied; 6: the first is still refused."""
    with _client(service, url, home) as client:
        done = answered(client.post("/v1/parked/redrive", json={"source": source, "subject": subject}))
    stopped = done["stopped_at"]
    text = _("%(count)s applied", count=len(done["applied"]))
    if stopped is not None:
        text += _(", stopped at %(place)s: %(reason)s", place=_place(stopped), reason=stopped["reason"])
    answer(done, text=text, code=Exit.OK if stopped is None else Exit.PARTLY)


def _client(service: str, url: str | None, home: Path) -> httpx.Client:
    return Door(service, url, None, home, OPERATOR).client()


def _place(row: dict[str, Any]) -> str:
    return f"{row['source']}/{row['partition']}/{row['number']}"
