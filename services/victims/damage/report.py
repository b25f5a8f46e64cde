"""A post's report of damage, on its way to a command.

Owns the digest by which another report of the same house is found. Must not decide anything.
"""

from services.victims.damage.domain import ReportDamage
from services.victims.intake.domain import Report
from services.victims.intake.draft import Draft
from shared.contracts import field
from shared.kit.vault.keys import VaultKeys


def draft(said: field.DamageReported, report: Report, keys: VaultKeys) -> Draft:
    """What a report of damage claims, and the command it becomes. It holds no personal data."""
    house = keys.digest(f"damage:{said.disaster_id}", said.household_id)
    command = ReportDamage(
        report=report,
        damage_id=said.damage_id,
        household_id=said.household_id,
        damage_claimed=said.damage_claimed,
        occurred_on=said.occurred_on,
        house=house,
    )
    return Draft((), {house: said.damage_id}, lambda _: command)
