"""A box of two small services as a program of its own, so that tests can kill it: `small_box.py HOME`."""

import signal
import sys
from pathlib import Path

from tanggap.box.home import Home
from tanggap.box.services import ServiceProgram
from tanggap.box.supervisor import Supervisor

SERVE = [sys.executable, str(Path(__file__).with_name("small_service.py"))]


def programs() -> list[ServiceProgram]:
    """Two services that need no migration."""
    return [ServiceProgram(name, port, serve=SERVE) for name, port in (("first", 18601), ("second", 18602))]


def say(text: str) -> None:
    """Tells on standard error what happens."""
    sys.stderr.write(text + "\n")


def main() -> None:
    """Runs until told to end."""
    supervisor = Supervisor(Home.at(Path(sys.argv[1])), programs(), say)
    signal.signal(signal.SIGTERM, lambda *_: supervisor.end())
    try:
        supervisor.start()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        supervisor.watch()
    finally:
        supervisor.stop()


if __name__ == "__main__":
    main()
