"""The table of calendars.

Owns names and types.
"""

from services.logistics.tables import aggregate, listed

calendar = aggregate("calendar", listed("days"))
