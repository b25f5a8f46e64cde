"""An amount of goods, as needs, requests and rations name it.

Owns the one shape; which lot the goods are of is another matter.
"""

from shared.contracts.envelope import Value
from shared.contracts.ids import ItemCode
from shared.contracts.values import Quantity


class ItemQuantity(Value):
    """An amount of an item, whatever the lot."""

    item_code: ItemCode
    quantity: Quantity
