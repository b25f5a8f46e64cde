"""The typed ids events carry.

Owns the spelling of ids. Ids are random or chosen by the office: none says anything about a person. Must not
mint ids: that is the kit's clock's task.
"""

from typing import Annotated, NewType

from pydantic import StringConstraints

# One spelling of a UUID (lower case, hyphens), so that equal ids are equal bytes.
UuidText = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")]
# A short name the office chose (`beras`, `bnpb-2008`), or a UUID where it chose none.
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_:.-]{0,79}$")]
ActorText = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_:.-]{0,127}$")]
SubjectText = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,39}/[A-Za-z0-9][A-Za-z0-9_:.-]{0,127}$")]
# Whose goods: an authority of the state, one regency of it, or one donor.
OwnerText = Annotated[
    str,
    StringConstraints(
        pattern=r"^(province|kemensos|bnpb|bulog|regency:[0-9]{2}\.[0-9]{2}|donor:[a-z0-9][a-z0-9_.-]{0,59})$"
    ),
]
PartnerText = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_.-]{0,59}$")]
# The name of a pack: karung, dus, slop.
UnitName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,29}$")]
QuotaText = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9][a-z0-9_:.-]{0,79}:[0-9]{2}(\.[0-9]{2})?:[0-9]{4}$"),
]
YearText = Annotated[str, StringConstraints(pattern=r"^2[0-9]{3}$")]
DemandText = Annotated[
    str,
    StringConstraints(
        pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
        r":[0-9]{2}(\.[0-9]{2}(\.[0-9]{2}(\.[0-9]{4})?)?)?$"
    ),
]

EventId = NewType("EventId", UuidText)
LogId = NewType("LogId", UuidText)
# A person who acts (officer, approver) or an account of a post or service: a pseudonym, never a name.
ActorId = NewType("ActorId", ActorText)
# `<kind>/<id>` of another aggregate, in the form of a CloudEvents subject.
Subject = NewType("Subject", SubjectText)

DisasterId = NewType("DisasterId", UuidText)
PostId = NewType("PostId", UuidText)
DeviceId = NewType("DeviceId", UuidText)
TokenId = NewType("TokenId", UuidText)
HouseholdId = NewType("HouseholdId", UuidText)
PersonId = NewType("PersonId", UuidText)
CasualtyId = NewType("CasualtyId", UuidText)
DamageId = NewType("DamageId", UuidText)

# A post's place has the post's id; accounts such as `lost` or `supplier` have names.
PlaceId = NewType("PlaceId", Slug)
OwnerId = NewType("OwnerId", OwnerText)
ItemCode = NewType("ItemCode", Slug)
ProfileId = NewType("ProfileId", Slug)
LotId = NewType("LotId", UuidText)
MovementId = NewType("MovementId", UuidText)
ReservationId = NewType("ReservationId", UuidText)
# `<disaster id>:<area code>`: what one area needs in one disaster.
DemandId = NewType("DemandId", DemandText)
RequestId = NewType("RequestId", UuidText)
SupportId = NewType("SupportId", UuidText)
RouteId = NewType("RouteId", UuidText)
ShipmentId = NewType("ShipmentId", UuidText)
HandoutId = NewType("HandoutId", UuidText)
# A distribution (penyaluran): of its plan and of all its lists of recipients.
DistributionId = NewType("DistributionId", UuidText)
RecipientListId = NewType("RecipientListId", UuidText)
RecipeId = NewType("RecipeId", Slug)
MealId = NewType("MealId", UuidText)
HandoverId = NewType("HandoverId", UuidText)
ReturnId = NewType("ReturnId", UuidText)
DocumentId = NewType("DocumentId", UuidText)
# `<kind>:<year>:<office>`: the numbers one office gives to one kind of letter in a year.
RegisterId = NewType("RegisterId", Slug)
RecallId = NewType("RecallId", UuidText)
CountId = NewType("CountId", UuidText)
EmergencyIssueId = NewType("EmergencyIssueId", UuidText)
# A donor or other partner by the short name its owner id has (`donor:<name>`); never a person's name.
PartnerId = NewType("PartnerId", PartnerText)
PledgeId = NewType("PledgeId", UuidText)
ReceiptId = NewType("ReceiptId", UuidText)
# `<item>:<area>:<year>`: how much of an item an area may draw in a year.
QuotaId = NewType("QuotaId", QuotaText)
# The year whose holidays a calendar holds, such as `2026`.
CalendarId = NewType("CalendarId", YearText)
BufferId = NewType("BufferId", UuidText)
KsbId = NewType("KsbId", Slug)

BudgetId = NewType("BudgetId", UuidText)
# Such as `death:2026-01-01`: the benefit and the first date the rule holds.
RuleId = NewType("RuleId", Slug)
ClaimId = NewType("ClaimId", UuidText)
PayoutId = NewType("PayoutId", UuidText)
