"""The doors for damage to houses: listed, and given a class or rejected by an officer.

Owns request models and answers. Reports come through the intake. Must not decide anything.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict

from services.victims.access import demand_post
from services.victims.damage import queries
from services.victims.damage.domain import RejectDamage, VerifyDamage
from services.victims.doors import Asked, CommandKey, Reader, Verifier
from services.victims.standing import Standing
from shared.contracts.ids import DamageId, UuidText
from shared.contracts.values import Boolean, LegalDate
from shared.contracts.vocabulary import DamageClass, RejectionReason
from shared.kit.access.roles import Principal
from shared.kit.errors import NotFound
from shared.kit.http.office import office_command
from shared.kit.http.paging import page
from shared.kit.runtime import Runtime


class DamageVerification(BaseModel):
    """The class a survey found. `distinct`: a likely duplicate was looked at and is another house."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    damage_class: DamageClass
    occurred_on: LegalDate | None = None
    distinct: Boolean = False


class DamageRejection(BaseModel):
    """Why a damage is not confirmed, or its class withdrawn."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    reason: RejectionReason


def chosen_damage(
    disaster_id: UuidText, standing: Standing | None = None, household_id: UuidText | None = None
) -> dict[str, str | None]:
    """The query that narrows a list of damage."""
    return {"disaster_id": disaster_id, "standing": standing, "household_id": household_id}


Chosen = Annotated[dict[str, str | None], Depends(chosen_damage)]


def damage_router(runtime: Runtime) -> APIRouter:
    """Routes under `/v1/damage`."""
    router = APIRouter(prefix="/v1/damage", tags=["damage"])

    @router.get("", summary="List damage of a disaster")
    async def list_damage(request: Request, asked: Asked, principal: Reader, chosen: Chosen) -> Response:
        async with runtime.database.reading() as connection:
            rows, as_of = await queries.damages(
                connection, principal, chosen, after=asked.key(str, str), limit=asked.limit
            )
        return page(request, asked, rows, lambda row: (row["area_code"], row["id"]), as_of=as_of)

    @router.get("/{damage_id}", summary="Show a damage")
    async def show_damage(damage_id: UuidText, principal: Reader) -> queries.DamageShown:
        found = await _demand(runtime, principal, damage_id)
        if found is None:
            raise NotFound
        return found

    @router.post("/{damage_id}/verification", status_code=201, summary="Set the class a survey found")
    async def verify(
        request: Request, damage_id: UuidText, body: DamageVerification, principal: Verifier, key: CommandKey
    ) -> Response:
        """Set again, the later class holds and says which one it replaces."""
        await _demand(runtime, principal, damage_id)
        command = VerifyDamage(
            damage_id=DamageId(damage_id),
            damage_class=body.damage_class,
            recorded_on=runtime.today(),
            occurred_on=body.occurred_on,
            distinct=body.distinct,
        )
        return await office_command(runtime, request, principal, key, command)

    @router.post("/{damage_id}/rejection", status_code=201, summary="Reject a damage, or withdraw its class")
    async def reject(
        request: Request, damage_id: UuidText, body: DamageRejection, principal: Verifier, key: CommandKey
    ) -> Response:
        await _demand(runtime, principal, damage_id)
        command = RejectDamage(DamageId(damage_id), body.reason, runtime.today())
        return await office_command(runtime, request, principal, key, command)

    return router


async def _demand(runtime: Runtime, principal: Principal, damage_id: str) -> queries.DamageShown | None:
    """A damage the principal may see; of an unknown one the domain tells. Raises: OutOfScope."""
    async with runtime.database.reading() as connection:
        found = await queries.damage_by_id(connection, damage_id)
    if found is not None:
        demand_post(principal, post_id=found.post_id, area_code=found.area_code)
    return found
