"""Who may do what in this service: its roles.

Owns the names of roles and who a person is. Claims carry no area, so roles hold for the whole agency. Must not read a
token: the kit gives a principal.
"""

import re

from shared.contracts.ids import ActorId
from shared.kit.access.roles import Principal
from shared.kit.errors import DomainError

AID_OFFICER = "aid_officer"
APPROVER = "approver"
AUDITOR = "auditor"
PRIVACY_OFFICER = "privacy_officer"
OPERATOR = "operator"
SERVICE = "service"

# Proposes budgets, prepares claims, records payouts.
OFFICERS = (AID_OFFICER,)
# Enacts budgets, sets what a benefit is worth, approves and refuses claims: never what the same person prepared.
DECIDERS = (APPROVER,)
# Sees budgets, rules and claims, which name nobody.
READERS = (AID_OFFICER, APPROVER, AUDITOR, OPERATOR, PRIVACY_OFFICER, SERVICE)
# Sees who is paid, by purpose and with a record.
PERSONAL_READERS = (AID_OFFICER, APPROVER, PRIVACY_OFFICER)
# Opens every version with its salt, to compare it with the commitment in the log.
OPENING_READERS = (AUDITOR,)

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
