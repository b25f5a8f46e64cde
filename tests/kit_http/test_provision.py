"""Handing out the keys of an installation: each service accepts every signer, and only signers can sign."""

from datetime import timedelta
from pathlib import Path

import pytest

from shared.kit.access.provision import SERVICE_TOKEN_FILE, provision
from shared.kit.access.tokens import (
    Grant,
    KeyFileUnusable,
    TokenVerifier,
    issue,
    load_public_keys,
    load_signing_key,
)

INSTALLATION = "test"


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    made = [tmp_path / name for name in ("issuer", "enrolling", "reading")]
    for folder in made:
        folder.mkdir()
    return made


def verifier(folder: Path) -> TokenVerifier:
    return TokenVerifier(load_public_keys(folder), installation=INSTALLATION)


def test_every_folder_accepts_what_each_signer_signs(folders: list[Path]) -> None:
    """The office's key and the enrolling service's key are different keys, and both count everywhere."""
    provision(folders, installation=INSTALLATION, issuers=folders[1:2])
    keys = [load_signing_key(folder) for folder in folders[:2]]
    assert keys[0].key_id != keys[1].key_id
    for key in keys:
        token = issue(key, Grant(subject="p-1", roles=("post",)), installation=INSTALLATION, ttl=timedelta(hours=1))
        assert all(verifier(folder).verify(token).grant.subject == "p-1" for folder in folders)
    with pytest.raises(KeyFileUnusable):
        load_signing_key(folders[2])


def test_provisioning_again_keeps_keys_and_renews_tokens(folders: list[Path]) -> None:
    """Tokens in use stay valid over a repeated start; the services' own are fresh."""
    provision(folders, installation=INSTALLATION, issuers=folders[1:2])
    before = load_signing_key(folders[0]).key_id, (folders[2] / SERVICE_TOKEN_FILE).read_text()
    provision(folders, installation=INSTALLATION, issuers=folders[1:2])
    after = load_signing_key(folders[0]).key_id, (folders[2] / SERVICE_TOKEN_FILE).read_text()
    assert before[0] == after[0]
    assert before[1] != after[1]
    assert verifier(folders[0]).verify(after[1]).grant.roles == ("service",)
    assert (folders[2] / SERVICE_TOKEN_FILE).stat().st_mode & 0o077 == 0
