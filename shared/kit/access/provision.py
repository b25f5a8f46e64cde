"""The access files of an installation whose services do not share a folder: containers, several machines.

Owns handing out: signing keys stay where they are made, every folder gets the public halves of all, and a
fresh `service.token` with which its service reads its peers' logs. Must not make any other key.
"""

import argparse
import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from shared.kit.access.tokens import (
    PRIVATE_KEY_FILE,
    Grant,
    create_token_keys,
    issue,
    load_signing_key,
    share_public_keys,
)
from shared.kit.settings import installation_name

SERVICE_TOKEN_FILE = "service.token"
SERVICE_TOKEN_TTL = timedelta(days=366)


def provision(
    folders: Sequence[Path], *, installation: str, issuers: Sequence[Path] = (), owner: int | None = None
) -> None:
    """Make what is missing and renew the services' tokens. A folder's name is its service's. Safe to repeat.

    The first folder and those of `issuers` each have a signing key of their own; every folder accepts all of them.
    """
    for folder in {folders[0], *issuers}:
        if not (folder / PRIVATE_KEY_FILE).exists():
            create_token_keys(folder)
    share_public_keys(folders)
    key = load_signing_key(folders[0])
    for folder in folders:
        grant = Grant(subject=folder.name, roles=("service",))
        token = issue(key, grant, installation=installation, ttl=SERVICE_TOKEN_TTL)
        _write_secret(folder / SERVICE_TOKEN_FILE, token)
        if owner is not None:
            for path in (folder, *folder.iterdir()):
                os.chown(path, owner, owner)


def _write_secret(file: Path, text: str) -> None:
    part = file.with_suffix(".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    part.replace(file)


def main() -> None:
    """Provision the folders named on the command line."""
    parser = argparse.ArgumentParser(description="Token keys and service tokens for each service's keys folder.")
    parser.add_argument("folders", nargs="+", type=Path, help="keys folders; the first keeps the signing key")
    parser.add_argument("--owner", type=int, help="numeric user the files belong to")
    asked = parser.parse_args()
    provision(asked.folders, installation=installation_name(), owner=asked.owner)


if __name__ == "__main__":
    main()
