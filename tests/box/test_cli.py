"""Commands give one answer and a documented exit code, whatever happens."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from shared.kit.access.tokens import TokenVerifier, load_public_keys
from tanggap.box.home import Home
from tanggap.box.keys import prepare_keys
from tanggap.cli.exits import MEANINGS, Exit, exit_of_status
from tanggap.cli.main import COMMANDS

PROJECT = Path(__file__).resolve().parents[2]


def tanggap(*words: str) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-m", "tanggap.cli.main", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_exit_codes_are_documented() -> None:
    """docs/cli.md and the program name the same codes with the same meanings."""
    page = (PROJECT / "docs" / "cli.md").read_text()
    documented = {int(code): meaning for code, meaning in re.findall(r"^\| (\d+) \| (.+) \|$", page, re.MULTILINE)}
    assert documented == {int(code): meaning for code, meaning in MEANINGS.items()}


def test_commands_are_documented() -> None:
    """docs/cli.md names every command."""
    page = (PROJECT / "docs" / "cli.md").read_text()
    assert set(re.findall(r"^\| `tanggap (\w+)", page, re.MULTILINE)) == set(COMMANDS)


@pytest.mark.parametrize(
    ("words", "slug", "code"),
    [
        (["--json", "nothing"], "usage", Exit.USAGE),
        (["token", "issue", "--json"], "usage", Exit.USAGE),
        (["--json", "token", "issue", "p-1", "--role", "post", "--home", "/nowhere"], "no_home", Exit.FAILED),
        (["--json", "migrate", "nobody"], "unknown_service", Exit.USAGE),
    ],
)
def test_an_error_is_one_json_document(words: list[str], slug: str, code: Exit) -> None:
    """With --json an error is the answer: one document with a stable slug and the exit code."""
    done = tanggap(*words)
    document = json.loads(done.stdout)
    assert (document["error"], document["exit_code"], done.returncode) == (slug, code, code)
    assert document["message"]


def test_without_json_errors_leave_standard_output_empty() -> None:
    """What a script captures is never an error's text."""
    done = tanggap("token", "issue", "p-1", "--role", "post", "--home", "/nowhere")
    assert done.stdout == ""
    assert "tanggap up" in done.stderr


def test_an_issued_token_is_valid_in_its_installation(tmp_path: Path) -> None:
    """A token on standard output verifies with the public key that services hold."""
    home = Home.at(tmp_path)
    os.close(home.open())
    installation = home.secrets_for(["first"]).installation
    prepare_keys(home, ["first"], installation=installation)
    words = [
        "token",
        "issue",
        "p-7",
        "--role",
        "post",
        "--scope",
        "area=62.06",
        "--lifetime",
        "2h",
        "--home",
        str(tmp_path),
    ]
    done = tanggap(*words)
    verifier = TokenVerifier(load_public_keys(home.service_keys("first")), installation=installation)
    grant = verifier.verify(done.stdout.strip()).grant
    assert (grant.subject, grant.roles, grant.scope) == ("p-7", ("post",), {"area": ("62.06",)})


def test_a_lifetime_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """A token is never issued for longer than a year or for a time that was mistyped."""
    Home.at(tmp_path).secrets_for([])
    for lifetime in ("0h", "367d", "12", "-1h", "2w"):
        done = tanggap(
            "--json", "token", "issue", "p-7", "--role", "post", f"--lifetime={lifetime}", "--home", str(tmp_path)
        )
        assert json.loads(done.stdout)["error"] == "lifetime_unreadable"
        assert done.returncode == Exit.USAGE


def test_doctor_finds_this_machine_able() -> None:
    """The doctor names what it looked at and ends with 0 where nothing is missing."""
    done = tanggap("--json", "doctor")
    document = json.loads(done.stdout)
    assert done.returncode == (Exit.OK if document["healthy"] else Exit.FAILED)
    assert {"Python", "PostgreSQL", "Home", "Disk"} <= {finding["subject"] for finding in document["findings"]}


def test_statuses_become_exit_codes() -> None:
    """What a service answers decides the exit code: not allowed, conflict, try again."""
    assert [exit_of_status(status) for status in (200, 403, 409, 503, 429, 422)] == [
        Exit.OK,
        Exit.NOT_ALLOWED,
        Exit.CONFLICT,
        Exit.TRY_AGAIN,
        Exit.TRY_AGAIN,
        Exit.FAILED,
    ]
