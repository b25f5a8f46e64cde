"""Who may do what in this service: its roles, and where they hold.

Owns the names of roles and scopes. Must not read a token: the kit gives a principal.
"""

import re

import sqlalchemy as sa

from services.logistics.tables import below
from shared.contracts.ids import PlaceId
from shared.kit.access.roles import EVERYWHERE, OutOfScope, Principal

POST = "post"
WAREHOUSE = "warehouse"
AID_OFFICER = "aid_officer"
APPROVER = "approver"
AUDITOR = "auditor"
OPERATOR = "operator"
SERVICE = "service"
# A donor, who reads its own statement and nothing else.
PARTNER = "partner"

# Opens places, lists items, sets rations.
COORDINATORS = (WAREHOUSE, OPERATOR)
# Receives, reserves, sends and writes off goods, in the stores of its scope.
STOREKEEPERS = (WAREHOUSE,)
# Asks goods for an area.
REQUESTERS = (WAREHOUSE, AID_OFFICER)
READERS = (WAREHOUSE, AID_OFFICER, APPROVER, AUDITOR, OPERATOR, SERVICE, POST)

AREA_SCOPE = "area"
PLACE_SCOPE = "place"
POST_SCOPE = "post"
OWNER_SCOPE = "owner"
PARTNER_SCOPE = "partner"

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def place_of(principal: Principal) -> PlaceId:
    """The place of the one post a post's token speaks for: it has the post's id.

    Raises: OutOfScope if the token names no post, several, or all.
    """
    posts = principal.scope.get(POST_SCOPE, ())
    if len(posts) != 1 or not _UUID.fullmatch(posts[0]):
        raise OutOfScope
    return PlaceId(posts[0])


def owned_by(principal: Principal) -> tuple[str, ...]:
    """The owners whose goods a principal decides about; `*` stands for all."""
    return principal.scope.get(OWNER_SCOPE, ())


def in_sight(principal: Principal, area_code: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """The condition for rows by area: a post sees those of its areas, the office all."""
    areas = principal.scope.get(AREA_SCOPE, ())
    if principal.role != POST or EVERYWHERE in areas:
        return sa.true()
    return sa.or_(sa.false(), *(below(area_code, area) for area in areas))


def demand_place(principal: Principal, place_id: str) -> None:
    """Go on only where a principal may see a place: a post its own, the office every place.

    Raises: OutOfScope.
    """
    if principal.role == POST and place_of(principal) != place_id:
        raise OutOfScope
