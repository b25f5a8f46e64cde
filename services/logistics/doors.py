"""The parameters that the doors of all capabilities have alike.

Owns their names; what they check is the kit's and `access.py`'s.
"""

from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, ConfigDict

from services.logistics.access import APPROVER, COORDINATORS, POST, READERS, REQUESTERS, STOREKEEPERS
from shared.kit.access.roles import Principal, require
from shared.kit.http.idempotency import require_key
from shared.kit.http.paging import PageRequest, page_request

Coordinator = Annotated[Principal, Depends(require(*COORDINATORS))]
Storekeeper = Annotated[Principal, Depends(require(*STOREKEEPERS))]
Requester = Annotated[Principal, Depends(require(*REQUESTERS))]
Approver = Annotated[Principal, Depends(require(APPROVER))]
Reader = Annotated[Principal, Depends(require(*READERS))]
OfficeReader = Annotated[Principal, Depends(require(*(role for role in READERS if role != POST)))]
Reporter = Annotated[Principal, Depends(require(POST))]

CommandKey = Annotated[str, Depends(require_key)]
Asked = Annotated[PageRequest, Depends(page_request)]


class Body(BaseModel):
    """What every request body is: only known fields, never echoed in an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
