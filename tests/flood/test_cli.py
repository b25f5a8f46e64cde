"""`tanggap flood`: scenarios written to files, and commands that say what is wrong."""

import subprocess
import sys
from pathlib import Path

import orjson

from tests.servers import temporary_folder


def run(*arguments: str) -> "subprocess.CompletedProcess[bytes]":
    command = [sys.executable, "-m", "tanggap.cli.main", "--json", "flood", *arguments]
    return subprocess.run(command, capture_output=True, timeout=60, check=False)


def test_generated_files_of_one_seed_are_the_same_bytes(tmp_path: Path) -> None:
    """What one office generates, another can generate again and compare."""
    for name in ("one", "two"):
        done = run("generate", "--scale", "0.01", "--seed", "5", "--out", str(tmp_path / name))
        assert done.returncode == 0, done.stderr
        assert orjson.loads(done.stdout)["households"] == 273
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    first = orjson.loads((tmp_path / "one").read_bytes().splitlines()[0])
    assert "DATA CONTOH" in first["note"]


def test_scale_that_cannot_be_is_a_usage_error(tmp_path: Path) -> None:
    """A flood of no size is refused before anything is written."""
    done = run("generate", "--scale", "0", "--out", str(tmp_path / "none"))
    assert done.returncode == 2
    assert not (tmp_path / "none").exists()


def test_flood_needs_a_box_that_runs() -> None:
    """Without a running box there is nothing to play on, and the command says how to start one."""
    with temporary_folder() as home:
        done = run("play", "--home", str(home))
    assert done.returncode == 1
    told = orjson.loads(done.stdout)
    assert told["error"] == "not_running"
    assert "tanggap up" in told["message"]
