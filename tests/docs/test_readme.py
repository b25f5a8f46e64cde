"""The commands the README shows are the commands there are, and they do what it says.

Method: make's targets by a dry run; the block for looking around, word for word, beside a box started by `tanggap up`.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
README = (PROJECT / "README.md").read_text(encoding="utf-8")
BLOCKS: list[str] = re.findall(r"^```\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
BIN = Path(sys.executable).parent
READY_DEADLINE_S = 90


def block_with(words: str) -> str:
    """The one block of the README that holds these words."""
    found = [block for block in BLOCKS if words in block]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("command", block_with("make run").split("\n")[:-1])
def test_the_two_commands_are_targets_of_make(command: str) -> None:
    """A newcomer's first two commands exist."""
    planned = subprocess.run([*command.split(), "--dry-run"], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert planned.returncode == 0, planned.stderr


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_every_link_leads_somewhere(link: str) -> None:
    """Nothing the README points at is missing."""
    assert (PROJECT / link).exists()


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Path]:
    """The folder a box was started in, with its home at the default place."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    line = [sys.executable, "-m", "tanggap.cli.main", "up"]
    with subprocess.Popen(line, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        give_up_at = time.monotonic() + READY_DEADLINE_S
        for told in running.stderr:
            assert time.monotonic() < give_up_at
            if "Ctrl-C" in told:
                break
        try:
            yield tmp_path
        finally:
            running.terminate()
            running.stderr.read()
            running.wait(60)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_commands_for_looking_around_do_what_they_say(box: Path) -> None:
    """Doctor, parked entries, an export by an auditor's token and its verification against the kept key."""
    note = json.loads((box / ".tanggap" / "running.json").read_text())
    script = block_with("tanggap doctor").replace(".venv/bin/tanggap", f"{sys.executable} -m tanggap.cli.main")
    script = script.replace("http://127.0.0.1:8601", note["services"]["victims"]["url"])
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=box,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing is set aside." in done.stdout
    assert (box / "logs" / "victims" / "checkpoint").exists()
