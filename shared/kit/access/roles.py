"""Who may do what: the principal of a request, and the dependency that asks for a role.

Owns deny-by-default. A role is a plain word a service chooses; where it holds is a scope of codes. Must not
know what a role means.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from fastapi import Request

from shared.kit.access.tokens import Scope, VerifiedToken
from shared.kit.errors import DomainError

EVERYWHERE = "*"


class TokenMissing(DomainError):
    """The request shows no token."""

    slug = "token-missing"
    status = 401
    detail = "The request shows no token."
    next_step = "Send your token in the header: Authorization: Bearer TOKEN."


class RoleMissing(DomainError):
    """None of the token's roles may do this."""

    slug = "role-missing"
    status = 403
    detail = "Your role may not do this."
    next_step = "Ask somebody with one of these roles: %(roles)s."


class OutOfScope(DomainError):
    """The token's role holds elsewhere."""

    slug = "out-of-scope"
    status = 403
    detail = "Your role does not hold there."
    next_step = "Ask somebody who is responsible there."


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is asking, by pseudonymous id, and the role used for this request."""

    person_id: str
    role: str
    roles: tuple[str, ...]
    scope: Scope = field(default_factory=dict)
    device_id: str | None = None
    token_id: str = ""

    @classmethod
    def of(cls, token: VerifiedToken) -> "Principal":
        """The principal a verified token proves, with its first role."""
        grant = token.grant
        role = grant.roles[0] if grant.roles else ""
        return cls(grant.subject, role, grant.roles, grant.scope, grant.device_id, grant.token_id)

    def covers(self, kind: str, code: str) -> bool:
        """Whether the scope holds for a code: itself or a dotted code above it. No scope of a kind covers nothing."""
        return any(
            granted in (EVERYWHERE, code) or code.startswith(granted + ".") for granted in self.scope.get(kind, ())
        )

    def demand(self, kind: str, code: str) -> None:
        """Go on only where the scope holds.

        Raises: OutOfScope.
        """
        if not self.covers(kind, code):
            raise OutOfScope


class Require:
    """A FastAPI dependency that lets only the named roles through and gives the principal in that role."""

    def __init__(self, *roles: str) -> None:
        if not roles:
            raise ValueError("a route names the roles that may use it")
        self.roles = roles

    async def __call__(self, request: Request) -> Principal:
        """The principal, acting in the first of its roles that is let through.

        Why async: FastAPI runs a plain function in a thread, which costs more than the check.

        Raises: TokenMissing, RoleMissing.
        """
        principal = request.scope.get("principal")
        if not isinstance(principal, Principal):
            raise TokenMissing
        for role in principal.roles:
            if role in self.roles:
                return replace(principal, role=role)
        raise RoleMissing(roles=", ".join(self.roles))


def require(*roles: str) -> Require:
    """The dependency for `Depends`: only these roles."""
    return Require(*roles)


def bearer_token(headers: Mapping[str, str]) -> str | None:
    """The token of an `Authorization: Bearer` header, or None if there is no such header.

    Source: RFC 6750, 2.1; the scheme's case does not matter.
    """
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None
