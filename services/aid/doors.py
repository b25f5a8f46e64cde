"""The parameters that the doors of all capabilities have alike.

Owns their names; what they check is the kit's and `access.py`'s.
"""

from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, ConfigDict

from services.aid.access import DECIDERS, OFFICERS, OPENING_READERS, PERSONAL_READERS, READERS
from shared.kit.access.roles import Principal, require
from shared.kit.http.idempotency import require_key
from shared.kit.http.paging import PageRequest, page_request

Officer = Annotated[Principal, Depends(require(*OFFICERS))]
Decider = Annotated[Principal, Depends(require(*DECIDERS))]
Reader = Annotated[Principal, Depends(require(*READERS))]
PersonalReader = Annotated[Principal, Depends(require(*PERSONAL_READERS))]
OpeningReader = Annotated[Principal, Depends(require(*OPENING_READERS))]

CommandKey = Annotated[str, Depends(require_key)]
Asked = Annotated[PageRequest, Depends(page_request)]

ITEMS_MAX = 200


class Body(BaseModel):
    """What every request body is: only known fields, never echoed in an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
