"""The person who acts, as events record them.

Owns which token subjects may stand in an event. Must not know what a person did.
"""

import re

from shared.contracts.ids import ActorId
from shared.kit.access.roles import Principal
from shared.kit.errors import DomainError

_ACTOR = re.compile(r"[A-Za-z0-9][A-Za-z0-9_:.-]{0,127}")


class PersonUnusable(DomainError):
    """The token's subject cannot stand in an event."""

    slug = "person-unusable"
    status = 403
    detail = "Your token's subject is not a pseudonym as this service records it."
    next_step = "Ask the operator for a token whose subject is of letters, digits and _ : . - only."


def person_of(principal: Principal) -> ActorId:
    """The person who acts, whatever roles or accounts they have: four eyes are two of these.

    Raises: PersonUnusable.
    """
    if not _ACTOR.fullmatch(principal.person_id):
        raise PersonUnusable
    return ActorId(principal.person_id)
