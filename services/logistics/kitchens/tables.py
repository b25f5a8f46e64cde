"""The tables of recipes and meals, and the read model of kitchens' days.

Owns names, types and CHECKs.
"""

import sqlalchemy as sa

from services.logistics.tables import aggregate, listed, metadata, quantity, text

recipe = aggregate(
    "recipe",
    text("source_note"),
    sa.Column("assumed", sa.Boolean, nullable=False),
    listed("lines"),
    sa.CheckConstraint("jsonb_array_length(lines) > 0", name="recipe_has_lines"),
)

meal = aggregate(
    "meal",
    text("kitchen_id"),
    text("disaster_id"),
    quantity("portions"),
    quantity("person_count"),
    sa.Column("served_on", sa.Date, nullable=False),
    sa.CheckConstraint("portions > 0 AND person_count >= 0", name="meal_counts"),
    sa.Index("meal_by_kitchen", "kitchen_id", "id"),
)

# A kitchen's day: portions of all its servings; `person_count` is the most people any of them names.
kitchen_day = sa.Table(
    "kitchen_day",
    metadata,
    sa.Column("kitchen_id", sa.Text, primary_key=True),
    sa.Column("served_on", sa.Date, primary_key=True),
    quantity("servings"),
    quantity("portions"),
    quantity("person_count"),
    quantity("flagged"),
    sa.CheckConstraint("portions > 0 AND person_count >= 0", name="kitchen_day_counts"),
)

# What a kitchen's day took of an ingredient, and what the recipes say for its portions.
kitchen_day_item = sa.Table(
    "kitchen_day_item",
    metadata,
    sa.Column("kitchen_id", sa.Text, primary_key=True),
    sa.Column("served_on", sa.Date, primary_key=True),
    sa.Column("item_code", sa.Text, primary_key=True),
    quantity("consumed"),
    quantity("expected"),
    sa.CheckConstraint("consumed >= 0 AND expected >= 0", name="kitchen_day_item_amounts"),
)
