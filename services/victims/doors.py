"""The parameters that the doors of all capabilities have alike.

Owns their names; what they check is the kit's and `access.py`'s.
"""

from typing import Annotated

from fastapi import Depends

from services.victims.access import COORDINATORS, PERSONAL_READERS, POST, READERS, VERIFIERS
from shared.kit.access.roles import Principal, require
from shared.kit.http.idempotency import require_key
from shared.kit.http.paging import PageRequest, page_request

Coordinator = Annotated[Principal, Depends(require(*COORDINATORS))]
Verifier = Annotated[Principal, Depends(require(*VERIFIERS))]
Reader = Annotated[Principal, Depends(require(*READERS))]
PersonalReader = Annotated[Principal, Depends(require(*PERSONAL_READERS))]
Reporter = Annotated[Principal, Depends(require(POST))]

CommandKey = Annotated[str, Depends(require_key)]
Asked = Annotated[PageRequest, Depends(page_request)]
