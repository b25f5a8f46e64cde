"""`tanggap token`: access tokens of a box, signed with the key in its home.

It owns words and the way a scope is written; claims and signature are the kit's.
"""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from shared.kit.access.tokens import Grant
from tanggap.box.home import DEFAULT_HOME, Home
from tanggap.box.keys import issue_token
from tanggap.cli.exits import Exit
from tanggap.cli.language import _
from tanggap.cli.output import answer, fail

LIFETIME = re.compile(r"(\d{1,5})([hd])")
LONGEST = timedelta(days=366)

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def token() -> None:
    """Issue access tokens."""


@app.command("issue")
def issue_command(
    subject: Annotated[str, typer.Argument(help="Pseudonymous id of the person, post or program; never a name.")],
    role: Annotated[list[str], typer.Option(help="A role; repeatable.")],
    scope: Annotated[list[str] | None, typer.Option(help="Where it holds: KIND=CODE, such as area=62.06.")] = None,
    device: Annotated[str | None, typer.Option(help="The device it is bound to.")] = None,
    lifetime: Annotated[str, typer.Option(help="How long it is valid: 12h or 30d.")] = "12h",
    home: Annotated[Path, typer.Option(help="The box's home.")] = DEFAULT_HOME,
) -> None:
    """Issue a token. The token alone goes to standard output, so that it can be put into a variable."""
    place = Home.at(home)
    installation = place.installation()
    duration = read_lifetime(lifetime)
    grant = Grant(subject=subject, roles=tuple(role), scope=read_scope(scope or []), device_id=device)
    text = issue_token(place, grant, installation=installation, ttl=duration)
    document = {"token": text, "token_id": grant.token_id, "subject": subject, "roles": role}
    answer({**document, "lifetime_s": int(duration.total_seconds()), "installation": installation}, text=text)


def read_scope(words: list[str]) -> dict[str, tuple[str, ...]]:
    """`area=62.06` words as a scope; a kind may come several times."""
    scope: dict[str, tuple[str, ...]] = {}
    for word in words:
        kind, equals, code = word.partition("=")
        if not (kind and equals and code):
            fail("scope_unreadable", _("A scope is written KIND=CODE, not %(text)s.", text=word), code=Exit.USAGE)
        scope[kind] = (*scope.get(kind, ()), code)
    return scope


def read_lifetime(text: str) -> timedelta:
    """`12h` or `30d` as a duration of at most 366 days."""
    match = LIFETIME.fullmatch(text)
    amount = int(match[1]) if match else 0
    duration = timedelta(hours=amount) if match and match[2] == "h" else timedelta(days=amount)
    if not timedelta(0) < duration <= LONGEST:
        fail("lifetime_unreadable", _("A lifetime is 1h to 366d, not %(text)s.", text=text), code=Exit.USAGE)
    return duration
