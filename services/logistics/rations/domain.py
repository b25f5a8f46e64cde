"""What one household is due: ration profiles as dated rows with the norm they rest on, and the one in force.

Owns the profiles, the choice among them and the sum for a household, in whole base units rounded up. The chosen
profile stands as the profile `default`, a copy of the one chosen, so that a need reads one row. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.logistics.items import domain as items
from services.logistics.rations.norms import DEFAULT_NORM, NORMS, Norm
from shared.contracts.envelope import Payload
from shared.contracts.goods import ItemQuantity
from shared.contracts.ids import ProfileId
from shared.contracts.logistics import RationLine, RationProfileSet
from shared.contracts.vocabulary import RationPer
from shared.kit.decisions.types import Event, Ref, Refusal, States

DEFAULT = ProfileId("default")


@dataclass(frozen=True, slots=True)
class RationProfile:
    """What one household is due by a norm, from a date on."""

    id: str
    version: int
    legal_basis: str
    source_note: str
    assumed: bool
    days: int
    valid_from: date
    lines: tuple[RationLine, ...]


@dataclass(frozen=True, slots=True)
class SetProfile:
    """The office sets a profile's lines; set again, the later ones hold."""

    profile_id: ProfileId
    legal_basis: str
    source_note: str
    assumed: bool
    days: int
    valid_from: date
    lines: tuple[RationLine, ...]
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The profile."""
        return (Ref("ration_profile", self.profile_id),)

    def reads(self) -> Sequence[Ref]:
        """The items of its lines."""
        return tuple(Ref("item", line.item_code) for line in self.lines)


@dataclass(frozen=True, slots=True)
class ChooseProfile:
    """The office chooses the profile that needs are derived by from now on."""

    profile_id: ProfileId
    recorded_on: date

    def aggregates(self) -> Sequence[Ref]:
        """The profile in force."""
        return (Ref("ration_profile", DEFAULT),)

    def reads(self) -> Sequence[Ref]:
        """The profile chosen."""
        return (Ref("ration_profile", self.profile_id),)


def decide_set_profile(states: States, command: SetProfile) -> list[Payload] | Refusal:
    """Set a profile whose items are all in the catalogue and named once."""
    if command.profile_id == DEFAULT:
        return Refusal(
            slug="profile-reserved",
            detail="The profile default is always a copy of the one chosen.",
            next_step="Set a profile under another id, then choose it.",
            status=422,
        )
    codes = [line.item_code for line in command.lines]
    if len(set(codes)) < len(codes):
        return Refusal(
            slug="item-named-twice",
            detail="An item is named more than once.",
            next_step="Name each item once.",
            status=422,
        )
    unknown = items.unknown_among(states, codes)
    if unknown is not None:
        return unknown
    said = RationProfileSet(
        profile_id=command.profile_id,
        legal_basis=command.legal_basis,
        source_note=command.source_note,
        assumed=command.assumed,
        days=command.days,
        valid_from=command.valid_from,
        lines=command.lines,
        set_on=command.recorded_on,
    )
    return [] if _says_the_same(states.find(RationProfile, command.profile_id), said) else [said]


def decide_choose_profile(states: States, command: ChooseProfile) -> list[Payload] | Refusal:
    """Make a profile that is valid today the one needs are derived by."""
    profile = states.find(RationProfile, command.profile_id)
    if profile is None or command.profile_id == DEFAULT:
        return Refusal(
            slug="profile-unknown",
            detail="There is no ration profile %(profile_id)s to choose.",
            next_step="Check the id, or set the profile first.",
            params={"profile_id": command.profile_id},
            status=404,
        )
    if profile.valid_from > command.recorded_on:
        return Refusal(
            slug="profile-not-yet-valid",
            detail="The profile is valid from %(valid_from)s.",
            next_step="Choose it on that day or later.",
            params={"valid_from": profile.valid_from.isoformat()},
        )
    chosen = RationProfileSet(
        profile_id=DEFAULT,
        legal_basis=profile.legal_basis,
        source_note=f"{profile.id}, {profile.version}",
        assumed=profile.assumed,
        days=profile.days,
        valid_from=command.recorded_on,
        lines=profile.lines,
        set_on=command.recorded_on,
    )
    return [] if _says_the_same(states.find(RationProfile, DEFAULT), chosen) else [chosen]


def _says_the_same(profile: RationProfile | None, said: RationProfileSet) -> bool:
    if profile is None:
        return False
    norm, said_norm = ((one.legal_basis, one.source_note, one.days) for one in (profile, said))
    same_norm = norm == said_norm
    return same_norm and profile.lines == said.lines and profile.assumed is said.assumed


BUILT_IN = RationProfile(
    id=DEFAULT_NORM.profile_id,
    version=1,
    legal_basis=DEFAULT_NORM.legal_basis,
    source_note=DEFAULT_NORM.source_note,
    assumed=DEFAULT_NORM.assumed,
    days=DEFAULT_NORM.days,
    valid_from=DEFAULT_NORM.valid_from,
    lines=DEFAULT_NORM.lines,
)


def in_force(states: States) -> RationProfile:
    """The profile in force: the one chosen, or the built-in norm while none was chosen.

    Why: a household that is registered before the office has chosen needs rice all the same.
    """
    return states.find(RationProfile, DEFAULT) or BUILT_IN


def ration(lines: Sequence[RationLine], *, persons: int, days: int) -> tuple[ItemQuantity, ...]:
    """What a household of so many persons is due for so many days, rounded up to whole base units."""
    return tuple(
        ItemQuantity(item_code=line.item_code, quantity=due(line, persons=persons, days=days)) for line in lines
    )


def due(line: RationLine, *, persons: int, days: int) -> int:
    """What one line of a norm comes to, rounded up to whole base units."""
    return due_for(line, heads=persons if line.per is RationPer.PERSON else 1, days=days)


def due_for(line: RationLine, *, heads: int, days: int) -> int:
    """What so many persons, or households, are due by one line, rounded up to whole base units."""
    return -(-line.quantity * heads * days // line.every_days)


def norm_command(norm: Norm, recorded_on: date) -> SetProfile:
    """The command that sets a built-in norm as a profile."""
    return SetProfile(
        profile_id=norm.profile_id,
        legal_basis=norm.legal_basis,
        source_note=norm.source_note,
        assumed=norm.assumed,
        days=norm.days,
        valid_from=norm.valid_from,
        lines=norm.lines,
        recorded_on=recorded_on,
    )


def norm_commands(recorded_on: date) -> tuple[SetProfile, ...]:
    """The commands that set every built-in norm."""
    return tuple(norm_command(norm, recorded_on) for norm in NORMS)


def evolve_profile(profile: RationProfile | None, event: Event) -> RationProfile:
    """The profile as it was last set."""
    match event.payload:
        case RationProfileSet() as said:
            return RationProfile(
                id=event.ref.id,
                version=event.sequence,
                legal_basis=said.legal_basis,
                source_note=said.source_note,
                assumed=said.assumed,
                days=said.days,
                valid_from=said.valid_from,
                lines=said.lines,
            )
    raise TypeError(f"{event.payload.type} after {profile and profile.version}")
