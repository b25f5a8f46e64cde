"""The one metadata of the aid service's own tables.

Owns the metadata only; each capability's `tables.py` adds its tables.
"""

import sqlalchemy as sa

# Constraint names are written out in the tables: PostgreSQL's own names differ between releases.
metadata = sa.MetaData()
