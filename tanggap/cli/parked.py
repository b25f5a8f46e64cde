"""`tanggap parked`: stream entries a service set aside, and the order to try them again.

Owns words and options only; what is parked and how it is repeated is the service's, asked over HTTP. Without --url the
box on this machine is asked, as an operator of its own; elsewhere the token stands in TANGGAP_TOKEN.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer

from shared.kit.access.tokens import Grant
from tanggap.box.home import DEFAULT_HOME, Home
from tanggap.box.keys import issue_token
from tanggap.cli.exits import Exit, exit_of_status
from tanggap.cli.output import answer, fail

TOKEN = "TANGGAP_TOKEN"
OPERATOR = Grant(subject="operator-cli", roles=("operator",))
TOKEN_TTL = timedelta(minutes=10)
TIMEOUT_S = 60

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Service = Annotated[str, typer.Argument(help="The service that set entries aside: victims, logistics or aid.")]
Url = Annotated[str | None, typer.Option("--url", help="The service's address; else the box on this machine.")]
AtHome = Annotated[Path, typer.Option("--home", help="The box's home.")]
Source = Annotated[str, typer.Argument(help="The service whose entry it is.")]


@app.command("list")
def list_command(service: Service, url: Url = None, home: AtHome = DEFAULT_HOME) -> None:
    """List what is set aside, oldest number first, and why."""
    rows: list[dict[str, Any]] = []
    with _client(service, url, home) as client:
        after: str | None = None
        while True:
            page = _answered(client.get("/v1/parked", params={"after": after} if after else {}))
            rows += page["parked"]
            after = page["next"]
            if after is None:
                break
    lines = [f"{_place(row)}  {row.get('subject', '-')}  {row['reason']}  ({row['attempts']}x)" for row in rows]
    answer({"parked": rows}, text="\n".join(lines) or "Nothing is set aside.")


@app.command("show")
def show_command(
    service: Service, source: Source, partition: int, number: int, url: Url = None, home: AtHome = DEFAULT_HOME
) -> None:
    """Show one entry that was set aside."""
    with _client(service, url, home) as client:
        answer(_answered(client.get(f"/v1/parked/{source}/{partition}/{number}")))


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
        done = _answered(client.post("/v1/parked/redrive", json={"source": source, "subject": subject}))
    stopped = done["stopped_at"]
    text = f"{len(done['applied'])} applied"
    if stopped is not None:
        text += f", stopped at {_place(stopped)}: {stopped['reason']}"
    answer(done, text=text, code=Exit.OK if stopped is None else Exit.PARTLY)


def _client(service: str, url: str | None, home: Path) -> httpx.Client:
    if url is None:
        place = Home.at(home)
        running = place.read_running()["services"]
        if service not in running:
            fail("no_such_service", f"No service {service} runs on {place.folder}.", code=Exit.USAGE)
        url = running[service]["url"]
        token = issue_token(place, OPERATOR, installation=place.installation(), ttl=TOKEN_TTL)
    else:
        token = os.environ.get(TOKEN, "")
        if not token:
            fail("token_missing", f"The variable {TOKEN} holds no token.", code=Exit.NOT_ALLOWED)
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    return httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_S, trust_env=False)


def _answered(response: httpx.Response) -> dict[str, Any]:
    if response.status_code >= httpx.codes.BAD_REQUEST:
        problem = response.json()
        slug = problem["type"].rpartition(":")[2]
        code = exit_of_status(response.status_code)
        fail(slug, problem["detail"], next_step=problem.get("next_step", ""), code=code)
    content: dict[str, Any] = response.json()
    return content


def _place(row: dict[str, Any]) -> str:
    return f"{row['source']}/{row['partition']}/{row['number']}"
