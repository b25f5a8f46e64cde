"""A post's report of a casualty, on its way to a command.

Owns which of its content goes into the vault and which digests find the same casualty again. Must not decide
anything.
"""

from collections.abc import Iterator, Sequence

from services.victims.casualties.domain import ReportCasualty
from services.victims.intake.domain import Report
from services.victims.intake.draft import IDENTITY, Draft
from services.victims.registration.identity import NikFinding, check_nik
from shared.contracts import field
from shared.contracts.vocabulary import FieldFlag, Sex
from shared.kit.decisions.types import UniqueKey
from shared.kit.vault.keys import VaultKeys


def draft(said: field.CasualtyReported, report: Report, keys: VaultKeys) -> Draft:
    """What a casualty's report keeps in the vault, what it claims, and the command it becomes."""
    stated = {"name": said.name, "nik": said.nik}
    identity = {name: value for name, value in stated.items() if value is not None}
    nik = check_nik(said.nik, sex=Sex.UNKNOWN, birth_date=None, on=report.recorded_on)
    claims = tuple(_claims(said, nik, keys))
    malformed = said.nik is not None and nik.flag is not None

    def complete(commitments: Sequence[str]) -> ReportCasualty:
        return ReportCasualty(
            report=report,
            casualty_id=said.casualty_id,
            casualty_kind=said.casualty_kind,
            occurred_on=said.occurred_on,
            person_id=said.person_id,
            household_id=said.household_id,
            identity=commitments[0] if identity else None,
            claims=claims,
            number_flags=(FieldFlag.NIK_MALFORMED,) if malformed else (),
        )

    groups = [(said.casualty_id, IDENTITY, identity)] if identity else []
    return Draft(groups, dict.fromkeys(claims, said.casualty_id), complete)


def _claims(said: field.CasualtyReported, nik: NikFinding, keys: VaultKeys) -> Iterator[UniqueKey]:
    """One person is one casualty in a disaster: a missing person found dead is the same one, verified again."""
    if nik.digits is not None:
        yield keys.digest(f"casualty-nik:{said.disaster_id}", nik.digits)
    if said.person_id is not None:
        yield keys.digest(f"casualty-person:{said.disaster_id}", said.person_id)
