"""The relief items of Kemensos as they were seen in deliveries: the catalogue an office begins with.

Owns the seed rows. Source: press on Kemensos deliveries (Republika 2019-12, Suara 2019-11, Murianetwork), no
decree; soap and clean water are added because the ration norms name them. Units are chosen so that every ration is
a whole number. Shelf lives are left out: no norm was found, each lot has its own date.
"""

from shared.contracts.ids import ItemCode
from shared.contracts.vocabulary import BaseUnit, ItemCategory

RICE = ItemCode("beras")
DRINKING_WATER = ItemCode("air-mineral")
CLEAN_WATER = ItemCode("air-bersih")
SOAP = ItemCode("sabun")
FAMILY_KIT = ItemCode("family-kit")

CATALOGUE: tuple[tuple[ItemCode, ItemCategory, BaseUnit], ...] = (
    (RICE, ItemCategory.FOOD, BaseUnit.GRAM),
    (ItemCode("makanan-siap-saji"), ItemCategory.FOOD, BaseUnit.PIECE),
    (ItemCode("makanan-anak"), ItemCategory.FOOD, BaseUnit.PIECE),
    (ItemCode("lauk-pauk"), ItemCategory.FOOD, BaseUnit.PIECE),
    (ItemCode("mi-instan"), ItemCategory.FOOD, BaseUnit.PIECE),
    (DRINKING_WATER, ItemCategory.WATER, BaseUnit.MILLILITRE),
    (CLEAN_WATER, ItemCategory.WATER, BaseUnit.MILLILITRE),
    (FAMILY_KIT, ItemCategory.FAMILY_KIT, BaseUnit.SET),
    (ItemCode("kids-ware"), ItemCategory.CHILD_KIT, BaseUnit.SET),
    (ItemCode("food-ware"), ItemCategory.KITCHEN, BaseUnit.SET),
    (ItemCode("peralatan-dapur-keluarga"), ItemCategory.KITCHEN, BaseUnit.SET),
    (ItemCode("sandang-dewasa"), ItemCategory.CLOTHING, BaseUnit.SET),
    (ItemCode("sandang-anak"), ItemCategory.CLOTHING, BaseUnit.SET),
    (ItemCode("selimut"), ItemCategory.BEDDING, BaseUnit.PIECE),
    (ItemCode("matras"), ItemCategory.BEDDING, BaseUnit.PIECE),
    (ItemCode("kasur"), ItemCategory.BEDDING, BaseUnit.PIECE),
    (ItemCode("velbed"), ItemCategory.BEDDING, BaseUnit.PIECE),
    (ItemCode("tenda-gulung"), ItemCategory.SHELTER, BaseUnit.PIECE),
    (ItemCode("tenda-keluarga"), ItemCategory.SHELTER, BaseUnit.PIECE),
    (ItemCode("tenda-serbaguna"), ItemCategory.SHELTER, BaseUnit.PIECE),
    (ItemCode("lampu-darurat"), ItemCategory.EQUIPMENT, BaseUnit.PIECE),
    (ItemCode("dapur-umum-lapangan"), ItemCategory.EQUIPMENT, BaseUnit.SET),
    (SOAP, ItemCategory.HYGIENE, BaseUnit.GRAM),
)
