"""Who may do what in this service: its roles, and where they hold.

Owns the names of roles and scopes. Must not read a token: the kit gives a principal.
"""

import re

import sqlalchemy as sa

from services.victims.tables import below
from shared.contracts.ids import PostId
from shared.kit.access.roles import EVERYWHERE, OutOfScope, Principal

POST = "post"
AID_OFFICER = "aid_officer"
APPROVER = "approver"
AUDITOR = "auditor"
PRIVACY_OFFICER = "privacy_officer"
OPERATOR = "operator"
WAREHOUSE = "warehouse"

# Declares disasters, enrols posts and devices.
COORDINATORS = (AID_OFFICER, OPERATOR)
# Confirms casualties and damage classes, on which compensation rests.
VERIFIERS = (AID_OFFICER,)
# Sees the lists, which hold no personal data; a post sees what it reported itself.
OFFICE_READERS = (AID_OFFICER, OPERATOR, APPROVER, AUDITOR, PRIVACY_OFFICER, WAREHOUSE)
READERS = (*OFFICE_READERS, POST)
# Sees names and numbers of a household, by purpose and with a record; a post those it registered itself.
PERSONAL_READERS = (AID_OFFICER, PRIVACY_OFFICER, POST)

AREA_SCOPE = "area"
POST_SCOPE = "post"

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def post_of(principal: Principal) -> PostId:
    """The one post a post's token speaks for.

    Raises: OutOfScope if it names none, several, or all.
    """
    posts = principal.scope.get(POST_SCOPE, ())
    if len(posts) != 1 or not _UUID.fullmatch(posts[0]):
        raise OutOfScope
    return PostId(posts[0])


def visible(
    principal: Principal, table: sa.Table, post_id: sa.ColumnElement[str] | None = None
) -> sa.ColumnElement[bool]:
    """The condition for rows a principal may see: a post its own, the office those in its areas.

    `post_id` is the column that names the post, where it is not called so.
    """
    if principal.role == POST:
        column = table.c.post_id if post_id is None else post_id
        own: sa.ColumnElement[bool] = column == post_of(principal)
        return own
    areas = principal.scope.get(AREA_SCOPE, ())
    if EVERYWHERE in areas:
        return sa.true()
    return sa.or_(sa.false(), *(below(table.c.area_code, area) for area in areas))


def demand_post(principal: Principal, *, post_id: str, area_code: str) -> None:
    """Go on only where a principal may see what a post in an area reported: a post its own, the office its areas.

    Raises: OutOfScope.
    """
    if principal.role != POST:
        principal.demand(AREA_SCOPE, area_code)
    elif post_id != post_of(principal):
        raise OutOfScope
