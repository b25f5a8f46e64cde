"""The box's home: one folder with everything that must outlive a stop, and the lock that keeps it to one box.

It owns names of files in the home, the generated secrets and the note of what runs now. Everything in it is readable by
its owner only. It must not start anything.
"""

import json
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tanggap.box.databases import ServicePasswords
from tanggap.box.process import BoxError, lock_folder, write_private

DEFAULT_HOME = Path(".tanggap")


@dataclass(frozen=True, slots=True)
class Home:
    """Where a box keeps its things."""

    folder: Path

    @classmethod
    def at(cls, folder: Path) -> "Home":
        """The home at a folder, as an absolute path; nothing is made yet."""
        return cls(folder.expanduser().absolute())

    @property
    def postgres(self) -> Path:
        """The embedded PostgreSQL's folder."""
        return self.folder / "postgres"

    @property
    def valkey(self) -> Path:
        """The embedded Valkey's folder."""
        return self.folder / "valkey"

    @property
    def logs(self) -> Path:
        """What the services say while they run."""
        return self.folder / "logs"

    @property
    def issuer_keys(self) -> Path:
        """The private key that signs access tokens; no service can read a token into being."""
        return self.folder / "keys" / "issuer"

    @property
    def running(self) -> Path:
        """The note of what runs now; it names addresses with passwords."""
        return self.folder / "running.json"

    def service_keys(self, service: str) -> Path:
        """A service's own keys: log signing key, vault key, and the issuer's public key."""
        return self.folder / "keys" / service

    def open(self) -> int:
        """Makes the home where it is missing and locks it; raises BoxError `home_in_use` for a second box."""
        for folder in (self.folder, self.logs, self.issuer_keys):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.geteuid() == 0:
            self.folder.chmod(0o711)  # PostgreSQL's account enters its own folder below; nothing here can be listed
        try:
            return lock_folder(self.folder)
        except BoxError:
            raise self._in_use() from None

    def secrets_for(self, services: Sequence[str]) -> "Secrets":
        """The home's secrets, generated once; services that came later get theirs now."""
        path = self.folder / "secrets.json"
        stored: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        stored.setdefault("installation", os.environ.get("TANGGAP_INSTALLATION") or f"box-{secrets.token_hex(4)}")
        for service in services:
            for kind in ("owner", "service", "redis"):
                stored.setdefault(f"{service}.{kind}", secrets.token_urlsafe(24))
        write_private(path, json.dumps(stored, indent=1) + "\n")
        return Secrets(stored)

    def installation(self) -> str:
        """The installation's name; raises BoxError `no_home` where no box was ever started."""
        try:
            return str(json.loads((self.folder / "secrets.json").read_text())["installation"])
        except FileNotFoundError:
            text = "There is no box at %(folder)s. Make one with: tanggap up --once"
            raise BoxError("no_home", text, folder=self.folder) from None

    def note_running(self, note: Mapping[str, Any]) -> None:
        """Writes down what runs, for `tanggap token`, `doctor` and the flood."""
        write_private(self.running, json.dumps(note, indent=1) + "\n")

    def read_running(self) -> dict[str, Any]:
        """What runs now; raises BoxError `not_running` when nothing does."""
        try:
            note: dict[str, Any] = json.loads(self.running.read_text())
            os.kill(int(note["pid"]), 0)
        except PermissionError:
            return note
        except (FileNotFoundError, ProcessLookupError):
            text = "No box runs on %(folder)s. Start one with: tanggap up"
            raise BoxError("not_running", text, folder=self.folder) from None
        return note

    def _in_use(self) -> BoxError:
        try:
            pid = self.read_running()["pid"]
        except BoxError:
            text = "Another box is starting or stopping on %(folder)s."
            return BoxError("home_in_use", text, folder=self.folder)
        text = "Another box (process %(pid)s) already runs on %(folder)s. Stop it, or choose another --home."
        return BoxError("home_in_use", text, pid=pid, folder=self.folder)


@dataclass(frozen=True, slots=True)
class Secrets:
    """The generated names and passwords of a home."""

    stored: Mapping[str, str]

    @property
    def installation(self) -> str:
        """The name every log of this home carries."""
        return self.stored["installation"]

    def database(self, service: str) -> ServicePasswords:
        """The passwords of a service's two database roles."""
        return ServicePasswords(self.stored[f"{service}.owner"], self.stored[f"{service}.service"])

    def redis(self, service: str) -> str:
        """The password of a service's Redis user."""
        return self.stored[f"{service}.redis"]
