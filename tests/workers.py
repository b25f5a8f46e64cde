"""Which worker runs what: whole files, so that fixtures of a module are made once, and those that take long first.

Owns the order of the files over `pytest -n` workers. A file that takes long and begins last would run on alone while
the other workers have nothing left to do.
"""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

# What takes more than about ten seconds of a processor, longest first.
LONG = (
    "tests/kit/test_crash_points.py",
    "tests/flows/",
    "tests/hostile/",
    "tests/logistics/test_office_http.py",
    "tests/logistics/test_intake_http.py",
    "tests/logistics/test_reactions.py",
    "tests/logistics/test_requests_http.py",
    "tests/docs/",
    "tests/kit/test_restore.py",
    "tests/kit/test_faults.py",
    "tests/streams/test_faults.py",
    "tests/streams/test_kills.py",
    "tests/streams/test_joint.py",
    "tests/streams/test_sharing.py",
    "tests/box/",
    "tests/log/test_docs.py",
    "tests/kit_http/test_contract.py",
    "tests/logistics/test_families_any_order.py",
    "tests/logistics/test_cli.py",
    "tests/vault/test_erasure.py",
    "tests/victims/",
    "tests/aid/",
)
# One flood is played for all files of this folder: they go to one worker.
TOGETHER = "tests/flows/"


def long_first(items: list[pytest.Item]) -> None:
    """Bring the files that take long to the front; the others keep the order they have."""
    items.sort(key=lambda item: _place(item.nodeid))


def _place(nodeid: str) -> int:
    return next((place for place, start in enumerate(LONG) if nodeid.startswith(start)), len(LONG))


class FilesOfOneFlood(LoadFileScheduling):  # type: ignore[misc]  # pytest-xdist tells no types
    """Files as `--dist loadfile` gives them out, but those of one flood as if they were one file."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # in the order of collection, not by how many tests a file has

    def _split_scope(self, nodeid: str) -> str:
        return TOGETHER if nodeid.startswith(TOGETHER) else super()._split_scope(nodeid)
