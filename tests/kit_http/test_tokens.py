"""Who is asking: only a token of this installation, signed by a known key, in time."""

import base64
import json
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import time_machine
from joserfc import jwt

from shared.kit.access.roles import Principal
from shared.kit.access.tokens import (
    Grant,
    KeyFileUnusable,
    TokenExpired,
    TokenInvalid,
    TokenVerifier,
    create_token_keys,
    issue,
    load_public_keys,
    load_signing_key,
)
from shared.kit.clock import now
from tests.kit_http.test_problems import assert_problem
from tests.kit_http.toy import Toy

HOUR = timedelta(hours=1)


def _part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


async def test_request_without_token_is_refused_everywhere_but_operation(client: httpx.AsyncClient, toy: Toy) -> None:
    """Deny by default: even an unknown address tells nothing without a token."""
    del client.headers["Authorization"]
    for path in ("/v1/crates", "/v1/nothing"):
        response = await client.get(path)
        assert_problem(response, 401, "token-missing")
        assert response.headers["www-authenticate"] == "Bearer"
    for path in ("/health/live", "/health/ready", "/health/flow", "/metrics", "/openapi.json"):
        assert (await client.get(path)).status_code == 200


async def test_expired_token_asks_for_a_new_one(client: httpx.AsyncClient, toy: Toy) -> None:
    """An expired token is told apart, and says that nothing is lost."""
    client.headers["Authorization"] = f"Bearer {toy.token('clerk', at=now() - 2 * HOUR)}"
    document = assert_problem(await client.get("/v1/crates"), 401, "token-expired")
    assert "new token" in str(document["next_step"])


def test_remembered_token_expires_too(toy: Toy) -> None:
    """A token that was checked before is still checked against the clock."""
    verifier = TokenVerifier(toy.keys, installation="test")
    token = toy.token("clerk", ttl=HOUR)
    verifier.verify(token)
    with time_machine.travel(now() + HOUR + timedelta(seconds=61)), pytest.raises(TokenExpired):
        verifier.verify(token)


@pytest.mark.parametrize("role", ["auditor", "CLERK", ""])
async def test_other_role_is_refused(client: httpx.AsyncClient, toy: Toy, role: str) -> None:
    """A valid token of another role is known and still not allowed."""
    grant = Grant("person-2", (role,) if role else ("x",))
    client.headers["Authorization"] = f"Bearer {issue(toy.key, grant, installation='test', ttl=HOUR)}"
    document = assert_problem(await client.get("/v1/crates"), 403, "role-missing")
    assert "clerk" in str(document["next_step"])


async def test_role_outside_its_area_is_refused(client: httpx.AsyncClient, toy: Toy) -> None:
    """The scope is checked by code."""
    grant = Grant("person-2", ("clerk",), {"area": ("62.01",)})
    client.headers["Authorization"] = f"Bearer {issue(toy.key, grant, installation='test', ttl=HOUR)}"
    assert_problem(await client.get("/v1/crates/1"), 403, "out-of-scope")


def test_scope_covers_codes_below_and_nothing_beside() -> None:
    """A code covers itself and dotted codes below it, not a code that merely begins alike."""
    principal = Principal("p", "r", ("r",), {"area": ("62.06",), "post": ("*",)})
    assert principal.covers("area", "62.06")
    assert principal.covers("area", "62.06.01.2001")
    assert not principal.covers("area", "62.061")
    assert not principal.covers("area", "62")
    assert principal.covers("post", "anything")
    assert not principal.covers("place", "62.06")


def test_tampered_token_is_invalid(toy: Toy) -> None:
    """Each part of a token is protected: a changed character anywhere is found."""
    verifier = TokenVerifier(toy.keys, installation="test")
    token = toy.token("clerk")
    for position in range(0, len(token) - 1, 7):
        changed = token[:position] + ("A" if token[position] != "A" else "B") + token[position + 1 :]
        with pytest.raises(TokenInvalid):
            verifier.verify(changed)
    verifier.verify(token)


def test_foreign_tokens_are_invalid(toy: Toy, tmp_path: Path) -> None:
    """Another installation's token, another key's, and one that claims a known key id."""
    verifier = TokenVerifier(toy.keys, installation="test")
    foreign = create_token_keys(tmp_path / "foreign")
    grant = Grant("person-1", ("clerk",))
    assert_invalid(verifier, issue(toy.key, grant, installation="other", ttl=HOUR))
    assert_invalid(verifier, issue(foreign, grant, installation="test", ttl=HOUR))
    header, claims, _ = toy.token("clerk").split(".")
    _, _, signature = issue(foreign, grant, installation="test", ttl=HOUR).split(".")
    assert_invalid(verifier, f"{header}.{claims}.{signature}")


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "EdDSA", "RS256"])
def test_other_algorithms_are_invalid(toy: Toy, algorithm: str) -> None:
    """Only one algorithm is allowed, whatever the header says; the public key is never taken as a secret."""
    verifier = TokenVerifier(toy.keys, installation="test")
    _, claims, signature = toy.token("clerk").split(".")
    header = _part({"alg": algorithm, "typ": "JWT", "kid": toy.key.key_id})
    for ending in ("", signature):
        assert_invalid(verifier, f"{header}.{claims}.{ending}")


@pytest.mark.parametrize("missing", ["exp", "nbf", "iat", "sub", "jti", "aud", "iss", "roles", "scope"])
def test_token_without_a_claim_is_invalid(toy: Toy, missing: str) -> None:
    """Every claim is required: a token without an end would never end."""

    _, part, _ = toy.token("clerk").split(".")
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    del claims[missing]
    token = jwt.encode({"alg": "Ed25519", "kid": toy.key.key_id}, claims, toy.key.key, algorithms=["Ed25519"])
    assert_invalid(TokenVerifier(toy.keys, installation="test"), token)


def test_token_not_yet_valid_is_invalid(toy: Toy) -> None:
    """A small skew of clocks is tolerated, an hour is not."""
    verifier = TokenVerifier(toy.keys, installation="test")
    verifier.verify(toy.token("clerk", at=now() + timedelta(seconds=30)))
    assert_invalid(verifier, toy.token("clerk", at=now() + HOUR))


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "x" * 10_000, "\u2603.b.c", "{}.{}.{}"])
def test_garbage_is_invalid(toy: Toy, token: str) -> None:
    """What is no token at all is told as an invalid one."""
    assert_invalid(TokenVerifier(toy.keys, installation="test"), token)


def test_older_key_stays_valid_after_a_new_one_is_made(tmp_path: Path) -> None:
    """Rotation adds a public key; tokens of the older one end by themselves."""
    older = create_token_keys(tmp_path)
    token = issue(older, Grant("p", ("clerk",)), installation="test", ttl=HOUR)
    newer = create_token_keys(tmp_path)
    assert load_signing_key(tmp_path).key_id == newer.key_id != older.key_id
    assert TokenVerifier(load_public_keys(tmp_path), installation="test").verify(token).grant.subject == "p"


def test_private_key_is_for_its_owner_only(tmp_path: Path) -> None:
    """A key others may read is refused, and a private key never stands among the public ones."""
    create_token_keys(tmp_path)
    assert (tmp_path / "token.key").stat().st_mode & 0o777 == 0o600
    (tmp_path / "token.key").chmod(0o640)
    with pytest.raises(KeyFileUnusable):
        load_signing_key(tmp_path)
    private = json.loads((tmp_path / "token.key").read_bytes())
    (tmp_path / "token.pub").write_text(json.dumps({"keys": [private]}))
    with pytest.raises(KeyFileUnusable):
        load_public_keys(tmp_path)


def assert_invalid(verifier: TokenVerifier, token: str) -> None:
    with pytest.raises(TokenInvalid):
        verifier.verify(token)
