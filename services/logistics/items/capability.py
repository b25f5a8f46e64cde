"""The relief catalogue, as a capability of the logistics service.

Owns the one list of this folder's parts.
"""

from services.logistics.items import domain as items
from services.logistics.items.http import items_router
from services.logistics.items.tables import item
from shared.contracts import logistics
from shared.contracts.kits import PackUnitSet
from shared.kit.decisions.types import StateKind
from shared.kit.definition import Capability

ITEMS = Capability(
    kinds=(
        StateKind(
            name="item",
            table=item,
            state=items.Item,
            evolve=items.evolve_item,
            events=(logistics.ItemListed, PackUnitSet),
        ),
    ),
    deciders={
        items.ListItem: items.decide_list_item,
        items.SetPackUnit: items.decide_set_pack_unit,
    },
    routers=lambda runtime: [items_router(runtime)],
)
