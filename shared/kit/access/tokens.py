"""Bearer tokens: who is asking, proved by a signature and checked with public keys alone.

Owns the claims of a token, its signing keys on disk, and every check of one: a pinned key id, one algorithm,
issuer, audience, time. Must not know what a role may do, nor look anything up in a database.

The algorithm is `Ed25519` (EdDSA over Curve25519, under the fully specified name of RFC 9864, which deprecates
the ambiguous `EdDSA`).
"""

import hashlib
import os
import stat
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import GuestProtocol, KeySet, OKPKey

from shared.kit.clock import new_id, now
from shared.kit.errors import DomainError

ALGORITHM = "Ed25519"
PRIVATE_KEY_FILE = "token.key"
PUBLIC_KEYS_FILE = "token.pub"
SKEW_S = 60
TOKEN_CHARACTERS = 4096
REMEMBERED_TOKENS = 4096

Scope = Mapping[str, tuple[str, ...]]


class TokenExpired(DomainError):
    """The token's time is over. What was recorded while it was valid stays valid and may be sent under a new one."""

    slug = "token-expired"
    status = 401
    detail = "The token has expired."
    next_step = "Get a new token and send the same again. Nothing that was recorded is lost."


class TokenInvalid(DomainError):
    """The token is not one of this installation, or was changed."""

    slug = "token-invalid"
    status = 401
    detail = "The token is not valid here."
    next_step = "Send a token that was issued for this installation."


class KeyFileUnusable(DomainError):
    """A key file is missing, readable by others, or holds something else than it should."""

    slug = "key-file-unusable"
    status = 503
    detail = "The key file %(file)s cannot be used: %(reason)s."
    next_step = "Restore the file from its own backup, readable by its owner only."


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token says: a person, post or service, its roles, and where they hold.

    `scope` maps a kind of place to the codes or ids it covers (`{"area": ("62.06",)}`); `*` covers all.
    """

    subject: str
    roles: tuple[str, ...]
    scope: Scope = field(default_factory=dict)
    device_id: str | None = None
    token_id: str = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """A grant whose signature, issuer, audience and times were checked, and when it ends."""

    grant: Grant
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The private key that issues tokens. Only the office that enrols people has it."""

    key: OKPKey

    @property
    def key_id(self) -> str:
        """The key's RFC 7638 thumbprint."""
        return self.key.thumbprint()


def issuer_of(installation: str) -> str:
    """The issuer every token of an installation names."""
    return f"urn:tanggap:{installation}"


def issue(key: SigningKey, grant: Grant, *, installation: str, ttl: timedelta, at: datetime | None = None) -> str:
    """A signed token for a grant, valid in one installation from `at` (now) for `ttl`."""
    issued_at = int((at or now()).timestamp())
    claims: dict[str, Any] = {
        "iss": issuer_of(installation),
        "aud": issuer_of(installation),
        "sub": grant.subject,
        "jti": grant.token_id,
        "iat": issued_at,
        "nbf": issued_at,
        "exp": issued_at + int(ttl.total_seconds()),
        "roles": list(grant.roles),
        "scope": {kind: list(values) for kind, values in grant.scope.items()},
    }
    if grant.device_id is not None:
        claims["device"] = grant.device_id
    return jwt.encode({"alg": ALGORITHM, "kid": key.key_id}, claims, key.key, algorithms=[ALGORITHM])


class TokenVerifier:
    """Checks tokens of one installation. A token checked before costs a hash and a look at the clock."""

    def __init__(self, keys: KeySet, *, installation: str) -> None:
        self._keys = {key.thumbprint(): key for key in keys.keys}
        self._issuer = issuer_of(installation)
        self._remembered: OrderedDict[bytes, VerifiedToken] = OrderedDict()
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(now().timestamp()),
            leeway=SKEW_S,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._issuer},
            sub={"essential": True},
            jti={"essential": True},
            iat={"essential": True},
            nbf={"essential": True},
            exp={"essential": True},
            roles={"essential": True},
            scope={"essential": True, "allow_blank": True},
        )

    def verify(self, token: str) -> VerifiedToken:
        """The grant a token proves.

        Raises: TokenExpired, TokenInvalid.
        """
        digest = hashlib.sha256(token.encode()).digest()
        verified = self._remembered.get(digest)
        if verified is None:
            verified = self._check(token)
            self._remember(digest, verified)
        if verified.expires_at + timedelta(seconds=SKEW_S) <= now():
            raise TokenExpired
        return verified

    def _check(self, token: str) -> VerifiedToken:
        if len(token) > TOKEN_CHARACTERS:
            raise TokenInvalid
        try:
            claims = jwt.decode(token, self._key_named_by, algorithms=[ALGORITHM]).claims
            self._claims.validate(claims)
            return _read_claims(claims)
        except ExpiredTokenError as error:
            raise TokenExpired from error
        except (JoseError, ValueError, TypeError, OverflowError, RecursionError) as error:
            raise TokenInvalid from error

    def _key_named_by(self, signature: GuestProtocol) -> OKPKey:
        key = self._keys.get(str(signature.headers().get("kid")))
        if not isinstance(key, OKPKey):
            raise TokenInvalid
        return key

    def _remember(self, digest: bytes, verified: VerifiedToken) -> None:
        self._remembered[digest] = verified
        if len(self._remembered) > REMEMBERED_TOKENS:
            self._remembered.popitem(last=False)


def _read_claims(claims: Mapping[str, Any]) -> VerifiedToken:
    roles, scope, device = claims["roles"], claims["scope"], claims.get("device")
    if not _are_texts(roles) or not isinstance(scope, dict) or not all(_are_texts(codes) for codes in scope.values()):
        raise ValueError("roles and scope are lists of texts")
    if not _are_texts([claims["sub"], claims["jti"]]) or not isinstance(device, str | None):
        raise ValueError("subject, token and device are texts")
    grant = Grant(
        subject=claims["sub"],
        roles=tuple(roles),
        scope={kind: tuple(codes) for kind, codes in scope.items()},
        device_id=device,
        token_id=claims["jti"],
    )
    return VerifiedToken(grant, datetime.fromtimestamp(int(claims["exp"]), tz=now().tzinfo))


def _are_texts(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) and value for value in values)


def create_token_keys(keys_dir: Path) -> SigningKey:
    """A new signing key in `token.key`, readable by its owner only, added to the public keys in `token.pub`.

    Why added: tokens signed by the key before it stay valid until they expire. An existing private key is replaced.
    """
    key = OKPKey.generate_key("Ed25519")
    known = load_public_keys(keys_dir).keys if (keys_dir / PUBLIC_KEYS_FILE).exists() else []
    public = [*(one.as_dict(private=False) for one in known), _public_form(key)]
    _write(keys_dir / PRIVATE_KEY_FILE, orjson.dumps(key.as_dict(private=True)), mode=0o600)
    _write(keys_dir / PUBLIC_KEYS_FILE, orjson.dumps({"keys": public}, option=orjson.OPT_INDENT_2), mode=0o644)
    return SigningKey(key)


def load_signing_key(keys_dir: Path) -> SigningKey:
    """The private key in `token.key`.

    Raises: KeyFileUnusable if it is missing, not an Ed25519 key, or readable by others.
    """
    path = keys_dir / PRIVATE_KEY_FILE
    content = _read(path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyFileUnusable(file=path.name, reason="others may read it")
    return SigningKey(_ed25519(path, orjson.loads(content), private=True))


def load_public_keys(keys_dir: Path) -> KeySet:
    """The public keys in `token.pub`, a JSON Web Key Set (RFC 7517).

    Raises: KeyFileUnusable if it is missing, holds a private key, or a key that is not Ed25519.
    """
    path = keys_dir / PUBLIC_KEYS_FILE
    try:
        members: Sequence[dict[str, Any]] = orjson.loads(_read(path))["keys"]
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise KeyFileUnusable(file=path.name, reason="it is not a JSON Web Key Set") from error
    return KeySet([_ed25519(path, member, private=False) for member in members])


def share_public_keys(folders: Sequence[Path]) -> None:
    """Write into every folder's `token.pub` the public keys of all of them: each then accepts what any one signs."""
    known = [load_public_keys(folder).keys for folder in folders if (folder / PUBLIC_KEYS_FILE).exists()]
    public = {
        key.thumbprint(): _public_form(OKPKey.import_key(key.as_dict(private=False))) for keys in known for key in keys
    }
    content = orjson.dumps({"keys": list(public.values())}, option=orjson.OPT_INDENT_2)
    for folder in folders:
        _write(folder / PUBLIC_KEYS_FILE, content, mode=0o644)


def _ed25519(path: Path, member: dict[str, Any], *, private: bool) -> OKPKey:
    if member.get("crv") != "Ed25519" or ("d" in member) is not private:
        raise KeyFileUnusable(file=path.name, reason="it holds something else than it should")
    try:
        return OKPKey.import_key(member)
    except (JoseError, ValueError) as error:
        raise KeyFileUnusable(file=path.name, reason="its key is damaged") from error


def _public_form(key: OKPKey) -> dict[str, Any]:
    return {**key.as_dict(private=False), "kid": key.thumbprint(), "alg": ALGORITHM, "use": "sig"}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise KeyFileUnusable(file=path.name, reason="it cannot be read") from error


def _write(path: Path, content: bytes, *, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(path.suffix + ".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())
    temporary.replace(path)
