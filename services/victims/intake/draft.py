"""A report that was read, before its personal data is sealed.

Owns the shape that lets a whole batch be sealed at once. Must not know a report type.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.kit.decisions.types import Command, UniqueKey

# A field group of one subject: `(subject id, field group, document)`.
Group = tuple[str, str, Mapping[str, Any]]
IDENTITY = "identity"
VULNERABILITY = "vulnerability"
CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class Draft:
    """What goes into the vault, the keys the report claims, and the command once the commitments are known.

    `complete` gets one commitment a group, in the order of `groups`.
    """

    groups: Sequence[Group]
    claims: Mapping[UniqueKey, str]
    complete: Callable[[Sequence[str]], Command]
