"""The installation a flood is played on: where its services answer, and whose keys it has.

Owns how these are found in a home. Must not start or stop anything.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from shared.kit.access.tokens import Grant, SigningKey, issue, load_signing_key

TOKEN_TTL = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Box:
    """Running services by name, the installation's name, and the key that signs tokens for its people.

    `log_keys` are the public keys of the services' logs, by service; the checker trusts no others.
    """

    urls: Mapping[str, str]
    home: Path
    installation: str
    signing_key: SigningKey = field(repr=False)
    log_keys: Mapping[str, Path] = field(default_factory=dict)

    @classmethod
    def of_home(cls, home: Path) -> "Box":
        """The box that runs on a home. Raises: FileNotFoundError when none does; KeyFileUnusable."""
        note: dict[str, Any] = json.loads((home / "running.json").read_text(encoding="utf-8"))
        services = note["services"]
        return cls(
            urls={name: one["url"] for name, one in services.items()},
            home=home,
            installation=note["installation"],
            signing_key=load_signing_key(home / "keys" / "issuer"),
            log_keys={name: home / "keys" / name / f"{name}.log.pub" for name in services},
        )

    def token(self, subject: str, *roles: str, scope: Mapping[str, tuple[str, ...]] | None = None) -> str:
        """A token for somebody of this installation."""
        grant = Grant(subject=subject, roles=roles, scope=scope or {})
        return issue(self.signing_key, grant, installation=self.installation, ttl=TOKEN_TTL)
