"""What the places do when the victims service enrols a post.

Owns the way from foreign events to own commands. Pure.
"""

from collections.abc import Sequence
from datetime import date

from services.logistics.places.domain import OpenPostPlace
from shared.contracts.victims import PostEnrolled
from shared.kit.decisions.types import Event


def react_to_post(event: Event, today: date) -> Sequence[OpenPostPlace]:
    """An enrolled post is a place where goods can be."""
    match event.payload:
        case PostEnrolled() as said:
            return (OpenPostPlace(said.post_id, said.area_code, today),)
    raise TypeError(event.payload.type)
