"""Which services there are and how each is started: by name, never by their rules."""

import importlib.util
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PREFERRED_PORTS = {"victims": 8601, "logistics": 8602, "aid": 8603}
FIRST_OTHER_PORT = 8604
CONSUMERS = {"victims": ("logistics", "aid")}
"""Whose reading holds back the trimming of a service's streams; a test compares it with the services' own sources."""

TOKEN_ISSUERS = ("victims",)
"""Who enrols devices, and so signs tokens for them with a key of its own."""

PROJECT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class ServiceProgram:
    """How one service is started; `migrate` is empty where there is nothing to migrate."""

    name: str
    preferred_port: int
    serve: Sequence[str]
    migrate: Sequence[str] = ()
    consumers: Sequence[str] = ()


def installed_services() -> list[ServiceProgram]:
    """The services whose code is installed here, in the order they are started."""
    found = importlib.util.find_spec("services")
    folders = [Path(place) for place in (found.submodule_search_locations or [])] if found else []
    names = {path.parent.name for folder in folders for path in folder.glob("*/app.py")}
    ordered = [name for name in PREFERRED_PORTS if name in names] + sorted(names - PREFERRED_PORTS.keys())
    return [
        ServiceProgram(
            name,
            PREFERRED_PORTS.get(name, FIRST_OTHER_PORT + place),
            serve=[sys.executable, "-m", f"services.{name}.app"],
            migrate=[sys.executable, "-m", f"services.{name}.app", "migrate"],
            consumers=[consumer for consumer in CONSUMERS.get(name, ()) if consumer in names],
        )
        for place, name in enumerate(ordered)
    ]


def python_path() -> Mapping[str, str]:
    """Lets child programs import the project from a checkout as well as installed."""
    inherited = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": os.pathsep.join([str(PROJECT), *([inherited] if inherited else [])])}
