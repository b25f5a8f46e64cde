"""CPU time by part: how much each process spent on what was measured.

Owns which processes are a part, PostgreSQL's sessions included, which are told apart by the database they serve.
"""

import os
import re
from collections import Counter
from collections.abc import Mapping

import psutil

_SESSION = re.compile(r"postgres: \S+ (\S+) \S+")

Spent = Mapping[str, float]


class CpuMeter:
    """Reads CPU seconds of named processes, of this one (`client`), and of PostgreSQL by database."""

    def __init__(self, processes: Mapping[str, int], postmaster: int) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in processes.items()}
        self._processes["client"] = psutil.Process(os.getpid())
        self._postmaster = psutil.Process(postmaster)

    def read(self) -> Counter[str]:
        """CPU seconds so far, by part."""
        spent: Counter[str] = Counter()
        for name, process in self._processes.items():
            times = process.cpu_times()
            spent[name] += times.user + times.system
        own = self._postmaster.cpu_times()
        spent["postgres: server"] += own.user + own.system + own.children_user + own.children_system
        for child in self._postmaster.children():
            try:
                times, words = child.cpu_times(), " ".join(child.cmdline())
            except psutil.NoSuchProcess:
                continue
            session = _SESSION.match(words)
            spent[f"postgres: {session[1]}" if session else "postgres: server"] += times.user + times.system
        return spent

    def micros_each(self, before: Counter[str], count: int) -> dict[str, int]:
        """CPU microseconds an event since a reading, by part; parts that did nothing are left out."""
        spent = {name: round((now - before[name]) / count * 1e6) for name, now in self.read().items()}
        return {name: micros for name, micros in sorted(spent.items()) if micros > 0}
