"""What the victims service publishes: disasters, posts, households, casualties and damage.

Owns the shapes only. No event names a person: persons are random ids with age band and sex, and everything
that identifies them is a commitment whose content stays in the service's vault.
"""

from typing import ClassVar

from pydantic import Field

from shared.contracts.envelope import Payload, Value
from shared.contracts.field import PERSONS_MAX
from shared.contracts.ids import (
    CasualtyId,
    DamageId,
    DeviceId,
    DisasterId,
    EventId,
    HouseholdId,
    PersonId,
    PostId,
    TokenId,
)
from shared.contracts.values import AreaCode, Commitment, Count, DocumentNumber, Instant, LegalDate, Number
from shared.contracts.vocabulary import (
    AgeBand,
    CasualtyKind,
    DamageClass,
    DisasterPhase,
    FieldFlag,
    HazardKind,
    RejectionReason,
    Residence,
    Sex,
)

AREAS_MAX = 2000


class DisasterDeclared(Payload):
    """A decree declared a disaster in these areas: posts may be enrolled and aid may be claimed under it."""

    type: ClassVar[str] = "victims.disaster_declared.v1"
    kind: ClassVar[str] = "disaster"
    key: ClassVar[str] = "disaster_id"

    disaster_id: DisasterId
    hazard: HazardKind
    area_codes: tuple[AreaCode, ...] = Field(min_length=1, max_length=AREAS_MAX)
    phase: DisasterPhase
    decree_number: DocumentNumber
    decree_date: LegalDate
    valid_from: LegalDate
    valid_until: LegalDate | None = None
    declared_on: LegalDate


class DisasterPhaseChanged(Payload):
    """A decree opened another phase, extended one, or ended the disaster (phase selesai)."""

    type: ClassVar[str] = "victims.disaster_phase_changed.v1"
    kind: ClassVar[str] = "disaster"
    key: ClassVar[str] = "disaster_id"

    disaster_id: DisasterId
    phase: DisasterPhase
    decree_number: DocumentNumber
    decree_date: LegalDate
    valid_from: LegalDate
    valid_until: LegalDate | None = None
    changed_on: LegalDate


class PostEnrolled(Payload):
    """A post (posko) works for a disaster in this area and everything below it."""

    type: ClassVar[str] = "victims.post_enrolled.v1"
    kind: ClassVar[str] = "post"
    key: ClassVar[str] = "post_id"

    post_id: PostId
    disaster_id: DisasterId
    area_code: AreaCode
    enrolled_on: LegalDate


class DeviceEnrolled(Payload):
    """A device may report for a post between two instants of server time, under this token."""

    type: ClassVar[str] = "victims.device_enrolled.v1"
    kind: ClassVar[str] = "post"
    key: ClassVar[str] = "post_id"

    post_id: PostId
    device_id: DeviceId
    token_id: TokenId
    valid_from_at: Instant
    valid_until_at: Instant


class DeviceWithdrawn(Payload):
    """A device may not report for a post any more: what it captured before stays accepted."""

    type: ClassVar[str] = "victims.device_withdrawn.v1"
    kind: ClassVar[str] = "post"
    key: ClassVar[str] = "post_id"

    post_id: PostId
    device_id: DeviceId
    withdrawn_at: Instant


class PersonCommitments(Value):
    """Commitments to what the vault holds of one person.

    `vulnerability` is there whether or not the person belongs to a vulnerable group, so that its presence
    tells nothing.
    """

    identity: Commitment
    vulnerability: Commitment | None = None


class HouseholdCommitments(Value):
    """Commitments to what the vault holds of a household: KK number, phone and address together."""

    contact: Commitment | None = None


class RegisteredPerson(Value):
    """A member of a registered household."""

    person_id: PersonId
    sex: Sex
    age_band: AgeBand
    commitments: PersonCommitments
    same_identity_as: PersonId | None = Field(
        default=None, description="the person first registered with the same NIK; both stay, counted once"
    )


class HouseholdRegistration(Payload):
    """What every registration of a household says, first or again."""

    kind: ClassVar[str] = "household"
    key: ClassVar[str] = "household_id"

    household_id: HouseholdId
    disaster_id: DisasterId
    post_id: PostId
    device_id: DeviceId
    device_number: Number = Field(description="the report's gapless number on its device")
    area_code: AreaCode
    residence: Residence
    shelter_area_code: AreaCode | None = None
    persons: tuple[RegisteredPerson, ...] = Field(min_length=1, max_length=PERSONS_MAX)
    commitments: HouseholdCommitments
    damage_claimed: DamageClass | None = None
    happened_on: LegalDate
    recorded_on: LegalDate
    flags: tuple[FieldFlag, ...] = ()


class HouseholdRegistered(HouseholdRegistration):
    """A post registered a household affected by a disaster."""

    type: ClassVar[str] = "victims.household_registered.v1"


class HouseholdRegisteredAgain(HouseholdRegistration):
    """A post reported the same household again: this report replaces the earlier one whole."""

    type: ClassVar[str] = "victims.household_registered_again.v1"


class CasualtyCommitments(Value):
    """Commitments to what the vault holds of a casualty: name and NIK as reported."""

    identity: Commitment | None = None


class CasualtyReported(Payload):
    """A post reported a person dead, missing or injured; nobody has verified it yet."""

    type: ClassVar[str] = "victims.casualty_reported.v1"
    kind: ClassVar[str] = "casualty"
    key: ClassVar[str] = "casualty_id"

    casualty_id: CasualtyId
    disaster_id: DisasterId
    post_id: PostId
    device_id: DeviceId
    device_number: Number = Field(description="the report's gapless number on its device")
    casualty_kind: CasualtyKind
    person_id: PersonId | None = None
    household_id: HouseholdId | None = None
    commitments: CasualtyCommitments
    area_code: AreaCode
    occurred_on: LegalDate
    recorded_on: LegalDate
    flags: tuple[FieldFlag, ...] = ()


class CasualtyVerified(Payload):
    """An officer verified a casualty by documents: compensation may be claimed for it.

    Verified again with another kind or date, the later event holds.
    """

    type: ClassVar[str] = "victims.casualty_verified.v1"
    kind: ClassVar[str] = "casualty"
    key: ClassVar[str] = "casualty_id"

    casualty_id: CasualtyId
    disaster_id: DisasterId
    casualty_kind: CasualtyKind
    person_id: PersonId | None = None
    household_id: HouseholdId | None = None
    occurred_on: LegalDate
    verified_on: LegalDate
    document_count: Count


class CasualtyRejected(Payload):
    """An officer did not confirm a casualty, or withdrew a verification made in error."""

    type: ClassVar[str] = "victims.casualty_rejected.v1"
    kind: ClassVar[str] = "casualty"
    key: ClassVar[str] = "casualty_id"

    casualty_id: CasualtyId
    disaster_id: DisasterId
    reason: RejectionReason
    rejected_on: LegalDate
    reverses: EventId | None = Field(default=None, description="the verification withdrawn")


class DamageReported(Payload):
    """A post reported damage to a household's house, with the class the household claims."""

    type: ClassVar[str] = "victims.damage_reported.v1"
    kind: ClassVar[str] = "damage"
    key: ClassVar[str] = "damage_id"
    partition_by: ClassVar[str | None] = "household_id"

    damage_id: DamageId
    household_id: HouseholdId
    disaster_id: DisasterId
    post_id: PostId
    device_id: DeviceId
    device_number: Number = Field(description="the report's gapless number on its device")
    damage_claimed: DamageClass
    area_code: AreaCode
    occurred_on: LegalDate
    recorded_on: LegalDate
    flags: tuple[FieldFlag, ...] = ()


class DamageVerified(Payload):
    """A survey set the damage class of a house; set again, `previous_class` says what it was."""

    type: ClassVar[str] = "victims.damage_verified.v1"
    kind: ClassVar[str] = "damage"
    key: ClassVar[str] = "damage_id"
    partition_by: ClassVar[str | None] = "household_id"

    damage_id: DamageId
    household_id: HouseholdId
    disaster_id: DisasterId
    damage_class: DamageClass
    previous_class: DamageClass | None = None
    occurred_on: LegalDate
    verified_on: LegalDate


class DamageRejected(Payload):
    """A survey did not confirm the damage, or a class set in error was withdrawn."""

    type: ClassVar[str] = "victims.damage_rejected.v1"
    kind: ClassVar[str] = "damage"
    key: ClassVar[str] = "damage_id"
    partition_by: ClassVar[str | None] = "household_id"

    damage_id: DamageId
    household_id: HouseholdId
    disaster_id: DisasterId
    reason: RejectionReason
    rejected_on: LegalDate
    reverses: EventId | None = Field(default=None, description="the verification withdrawn")


EVENTS: tuple[type[Payload], ...] = (
    DisasterDeclared,
    DisasterPhaseChanged,
    PostEnrolled,
    DeviceEnrolled,
    DeviceWithdrawn,
    HouseholdRegistered,
    HouseholdRegisteredAgain,
    CasualtyReported,
    CasualtyVerified,
    CasualtyRejected,
    DamageReported,
    DamageVerified,
    DamageRejected,
)
