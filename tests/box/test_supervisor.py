"""A box starts everything on one home, gives each service its own rights, and leaves nothing behind."""

import contextlib
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tanggap.box.home import Home
from tanggap.box.process import BoxError
from tests.running import PATIENCE_S
from tests.servers import temporary_folder

PROJECT = Path(__file__).resolve().parents[2]
BOX = Path(__file__).with_name("small_box.py")


@pytest.fixture
def home() -> Iterator[Path]:
    """A home whose path is long, has spaces, and lies where only its owner may enter."""
    with temporary_folder() as folder:
        if os.geteuid() == 0:
            folder.chmod(0o700)
        yield folder / ("posko induk Kasongan " * 6) / "rumah tangga"


def wait_for(condition: Callable[[], Any], *, deadline_s: float = PATIENCE_S) -> Any:
    ends_at = time.monotonic() + deadline_s
    while not (value := condition()):
        assert time.monotonic() < ends_at, "the condition did not come to hold in time"
        time.sleep(0.05)
    return value


def start_box(home: Path) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    for outside in ("TANGGAP_DATABASE_URL", "TANGGAP_REDIS_URL"):
        environment.pop(outside, None)
    return subprocess.Popen(
        [sys.executable, str(BOX), str(home)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@contextmanager
def running_box(home: Path) -> Iterator["subprocess.Popen[str]"]:
    box = start_box(home)
    try:
        assert box.stdout is not None
        assert box.stdout.readline() == "ready\n", box.stderr.read() if box.stderr else ""
        yield box
    finally:
        if box.poll() is None:
            box.terminate()
        box.communicate(timeout=60)


@pytest.fixture(scope="module")
def lasting() -> Iterator[Path]:
    """The home of one box that runs for all tests that leave it as it was."""
    with temporary_folder() as folder:
        home = folder / ("posko induk Kasongan " * 6) / "rumah tangga"
        with running_box(home):
            yield home


def note(home: Path) -> dict[str, Any]:
    read: dict[str, Any] = Home.at(home).read_running()
    return read


def asked(home: Path, service: str) -> dict[str, Any]:
    answer: dict[str, Any] = httpx.get(note(home)["services"][service]["url"], trust_env=False).json()
    return answer


def alive_under(box: "subprocess.Popen[str]") -> list[psutil.Process]:
    children: list[psutil.Process] = psutil.Process(box.pid).children(recursive=True)
    return children


def test_each_service_gets_its_own_rights(lasting: Path) -> None:
    """A service enters its own database and writes its own streams, and nobody else's."""
    first, second = asked(lasting, "first"), asked(lasting, "second")
    assert (first["user"], second["user"]) == ("first", "second")
    assert not first["enters_other"]
    assert not second["enters_other"]
    assert first["writes_own"]
    assert not first["writes_foreign"]
    assert first["keys"] == ["service.token", "token.pub"]
    assert first["peers"].startswith("second=http://127.0.0.1:")


def test_secrets_in_the_home_are_its_owners_alone(lasting: Path) -> None:
    """No password or key in the home can be read by another account."""
    kept = Home.at(lasting)
    secrets = [lasting / "secrets.json", lasting / "valkey" / "admin", lasting / "valkey" / "users.acl"]
    secrets += [lasting / "postgres" / "superuser", kept.issuer_keys / "token.key", kept.running]
    secrets += [kept.service_keys(service) / "service.token" for service in ("first", "second")]
    assert [path for path in secrets if stat.S_IMODE(path.stat().st_mode) != 0o600] == []


def test_a_second_box_on_the_same_home_is_told_so(lasting: Path) -> None:
    """Only one box runs on a home; the second names the first and ends with a failure."""
    second = start_box(lasting)
    _, said = second.communicate(timeout=30)
    assert second.returncode == 1
    assert f"process {note(lasting)['pid']}" in said
    assert asked(lasting, "first")["user"] == "first"


def test_a_killed_service_is_started_again(lasting: Path) -> None:
    """A service that ends by itself comes back at the same address."""
    before, address = asked(lasting, "first")["pid"], note(lasting)["services"]["first"]["url"]
    os.kill(before, signal.SIGKILL)

    def came_back() -> bool:
        try:
            return bool(asked(lasting, "first")["pid"] != before)
        except httpx.HTTPError:
            return False

    wait_for(came_back)
    assert wait_for(lambda: note(lasting)["services"]["first"]["restarts"]) == 1
    assert note(lasting)["services"]["first"]["url"] == address


def test_killed_servers_come_back_with_what_they_held(home: Path) -> None:
    """A database and a broker that are killed are started again on their folders and ports."""
    with running_box(home):
        before = note(home)["servers"]
        for server in before.values():
            os.kill(server, signal.SIGKILL)
        wait_for(lambda: all(note(home)["servers"].get(name) not in (None, pid) for name, pid in before.items()))
        killed = asked(home, "second")["pid"]
        os.kill(killed, signal.SIGKILL)
        wait_for(lambda: note(home)["services"]["second"]["restarts"] == 1)

        def works() -> bool:
            try:
                return bool(asked(home, "second")["writes_own"])
            except httpx.HTTPError:
                return False

        wait_for(works)


def test_a_killed_box_leaves_nothing_running(home: Path) -> None:
    """kill -9 of the box ends its servers and services; the next start on the home finds everything in place."""
    with running_box(home) as box:
        password = (home / "postgres" / "superuser").read_text()
        children = alive_under(box)
        assert {"postgres", "valkey-server"} <= {child.name() for child in children}
        box.kill()
        _, left = psutil.wait_procs(children, timeout=20)
        assert [child for child in left if child.status() != psutil.STATUS_ZOMBIE] == []
    with pytest.raises(BoxError, match="No box runs"):
        note(home)
    with running_box(home):
        assert asked(home, "first")["user"] == "first"
        assert (home / "postgres" / "superuser").read_text() == password


def test_a_clean_stop_leaves_nothing_running(home: Path) -> None:
    """SIGTERM of the box stops services, broker and database."""
    with running_box(home) as box:
        children = alive_under(box)
        box.terminate()
        box.communicate(timeout=60)
        assert box.returncode == 0
        assert not Home.at(home).running.exists()
        assert [child for child in children if child.is_running()] == []


def test_a_taken_port_is_replaced(home: Path) -> None:
    """A port another program holds is replaced, and the note of what runs tells the new address."""
    with contextlib.ExitStack() as stack:
        # Where another box of the suite holds the port already, that is a taken port just as well.
        with contextlib.suppress(OSError):
            stack.enter_context(socket.create_server(("127.0.0.1", 18601)))
        stack.enter_context(running_box(home))
        assert not note(home)["services"]["first"]["url"].endswith(":18601")
        assert asked(home, "first")["user"] == "first"


def test_a_service_that_cannot_start_stops_the_box(home: Path) -> None:
    """When a service ends at its start the box says what it said, and nothing stays."""
    home.mkdir(parents=True)
    (home / "keys").write_text("a file where a folder is needed")
    box = start_box(home)
    out, said = box.communicate(timeout=60)
    assert box.returncode != 0
    assert out == ""
    assert "keys" in said
    left = [one for one in psutil.process_iter() if str(home) in " ".join(cmdline(one))]
    assert left == []


def cmdline(process: psutil.Process) -> list[str]:
    try:
        words: list[str] = process.cmdline()
    except psutil.Error:
        return []
    return words


def test_the_home_keeps_one_installation(home: Path) -> None:
    """The installation's name and passwords are made once and stay over restarts."""
    place = Home.at(home)
    os.close(place.open())
    first = place.secrets_for(["first"])
    again = place.secrets_for(["first", "second"])
    assert again.installation == first.installation
    assert again.database("first") == first.database("first")
    assert json.loads((home / "secrets.json").read_text())["installation"] == place.installation()
