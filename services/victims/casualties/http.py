"""The doors for casualties: listed, and verified or rejected by an officer.

Owns request models and answers. Reports come through the intake. Must not decide anything.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict

from services.victims.access import demand_post
from services.victims.casualties import queries
from services.victims.casualties.domain import RejectCasualty, VerifyCasualty
from services.victims.doors import Asked, CommandKey, PersonalReader, Reader, Verifier
from services.victims.opening import FieldGroup, Opened, Purpose, open_subjects, reader_of
from services.victims.standing import Standing
from shared.contracts.ids import CasualtyId, HouseholdId, PersonId, UuidText
from shared.contracts.values import Boolean, Count, LegalDate
from shared.contracts.vocabulary import CasualtyKind, RejectionReason
from shared.kit.access.roles import Principal
from shared.kit.errors import NotFound
from shared.kit.http.office import office_command
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime


class CasualtyVerification(BaseModel):
    """How many documents show the casualty, and what differs from the report.

    `distinct`: a likely duplicate was looked at and is another casualty.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    document_count: Count
    casualty_kind: CasualtyKind | None = None
    occurred_on: LegalDate | None = None
    person_id: UuidText | None = None
    household_id: UuidText | None = None
    distinct: Boolean = False


class CasualtyRejection(BaseModel):
    """Why a casualty is not confirmed, or its confirmation withdrawn."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    reason: RejectionReason


class CasualtyOpened(BaseModel):
    """What the vault holds of a casualty as reported: name and NIK, or that it was erased."""

    casualty_id: str
    documents: Opened


def chosen_casualties(
    disaster_id: UuidText,
    standing: Standing | None = None,
    casualty_kind: CasualtyKind | None = None,
    person_id: UuidText | None = None,
    household_id: UuidText | None = None,
) -> dict[str, str | None]:
    """The query that narrows a list of casualties."""
    return {
        "disaster_id": disaster_id,
        "standing": standing,
        "casualty_kind": casualty_kind,
        "person_id": person_id,
        "household_id": household_id,
    }


Chosen = Annotated[dict[str, str | None], Depends(chosen_casualties)]


def casualties_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/casualties`."""
    router = APIRouter(prefix="/v1/casualties", tags=["casualties"])

    @router.get("", summary="List casualties of a disaster")
    async def list_casualties(request: Request, asked: Asked, principal: Reader, chosen: Chosen) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.casualties(
                connection, principal, chosen, after=asked.key(str, str), limit=asked.limit
            )
        return page(request, asked, rows, lambda row: (row["area_code"], row["id"]), as_of=as_of)

    @router.get("/{casualty_id}", summary="Show a casualty without saying who it is")
    async def show_casualty(casualty_id: UuidText, principal: Reader) -> queries.CasualtyShown:
        found = await _demand(runtime, principal, casualty_id)
        if found is None:
            raise NotFound
        return found

    @router.get("/{casualty_id}/personal", summary="Open what the vault holds of a casualty")
    async def open_personal(casualty_id: UuidText, principal: PersonalReader, purpose: Purpose) -> CasualtyOpened:
        """Needs a purpose and leaves an access record."""
        if await _demand(runtime, principal, casualty_id) is None:
            raise NotFound
        async with runtime.database.transaction() as connection:
            opened = await open_subjects(
                connection,
                runtime.keys,
                [casualty_id],
                groups=[FieldGroup.IDENTITY],
                reader=reader_of(principal, purpose),
            )
        return CasualtyOpened(casualty_id=casualty_id, documents=opened[casualty_id])

    @router.post("/{casualty_id}/verification", status_code=201, summary="Verify a casualty by documents")
    async def verify(
        request: Request, casualty_id: UuidText, body: CasualtyVerification, principal: Verifier, key: CommandKey
    ) -> Response:
        """Verified again with another kind, date or person, the later verification holds."""
        await _demand(runtime, principal, casualty_id)
        command = VerifyCasualty(
            casualty_id=CasualtyId(casualty_id),
            document_count=body.document_count,
            recorded_on=runtime.today(),
            casualty_kind=body.casualty_kind,
            occurred_on=body.occurred_on,
            person_id=None if body.person_id is None else PersonId(body.person_id),
            household_id=None if body.household_id is None else HouseholdId(body.household_id),
            distinct=body.distinct,
        )
        return await office_command(runtime, request, principal, key, command)

    @router.post("/{casualty_id}/rejection", status_code=201, summary="Reject a casualty, or withdraw its verification")
    async def reject(
        request: Request, casualty_id: UuidText, body: CasualtyRejection, principal: Verifier, key: CommandKey
    ) -> Response:
        await _demand(runtime, principal, casualty_id)
        command = RejectCasualty(CasualtyId(casualty_id), body.reason, runtime.today())
        return await office_command(runtime, request, principal, key, command)

    return router


async def _demand(runtime: Runtime, principal: Principal, casualty_id: str) -> queries.CasualtyShown | None:
    """A casualty the principal may see; of an unknown one the domain tells. Raises: OutOfScope."""
    async with runtime.database.reading() as connection:
        found = await queries.casualty_by_id(connection, casualty_id)
    if found is not None:
        demand_post(principal, post_id=found.post_id, area_code=found.area_code)
    return found
