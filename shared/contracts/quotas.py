"""What the logistics service publishes of quotas: how much of an owner's goods an area may draw in a year.

Owns the shapes only; `logistics.py` lists the events with the rest of what the service publishes.
"""

from typing import ClassVar

from pydantic import Field

from shared.contracts.envelope import Payload
from shared.contracts.ids import ItemCode, LotId, OwnerId, QuotaId, Subject
from shared.contracts.values import AreaCode, Citation, FiscalYear, LegalDate, Quantity
from shared.contracts.vocabulary import FieldFlag


class QuotaSet(Payload):
    """How much of an item an area may draw from an owner in a year, such as the government's rice reserve (CBP)."""

    type: ClassVar[str] = "logistics.quota_set.v1"
    kind: ClassVar[str] = "quota"
    key: ClassVar[str] = "quota_id"

    quota_id: QuotaId
    owner_id: OwnerId
    item_code: ItemCode
    area_code: AreaCode
    fiscal_year: FiscalYear
    ceiling: Quantity
    legal_basis: Citation
    set_on: LegalDate


class QuotaDrawn(Payload):
    """Goods under a quota left for its area; a fact that goes beyond the ceiling carries a flag."""

    type: ClassVar[str] = "logistics.quota_drawn.v1"
    kind: ClassVar[str] = "quota"
    key: ClassVar[str] = "quota_id"

    quota_id: QuotaId
    owner_id: OwnerId
    item_code: ItemCode
    area_code: AreaCode
    fiscal_year: FiscalYear
    lot_id: LotId
    quantity: Quantity
    cause: Subject = Field(description="what drew it, such as shipment/<id>")
    drawn_on: LegalDate
    flags: tuple[FieldFlag, ...] = ()


EVENTS: tuple[type[Payload], ...] = (QuotaSet, QuotaDrawn)
