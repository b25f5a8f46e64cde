"""Lists of recipients and goods in custody, as a capability of the logistics service.

Owns the one list of this folder's parts.
"""

from services.logistics.recipients import domain as recipients
from services.logistics.recipients.http import recipients_router
from services.logistics.recipients.rows import LIST_ROWS
from services.logistics.recipients.tables import recipient_list
from shared.contracts import distribution
from shared.kit.decisions.types import StateKind
from shared.kit.definition import Capability

RECIPIENTS = Capability(
    kinds=(
        StateKind(
            name="recipient_list",
            table=recipient_list,
            state=recipients.RecipientList,
            evolve=recipients.evolve_recipient_list,
            events=(
                distribution.RecipientListOpened,
                distribution.RecipientsListed,
                distribution.RecipientListPosted,
                distribution.RecipientListWithdrawn,
            ),
        ),
    ),
    deciders={
        recipients.OpenList: recipients.decide_open_list,
        recipients.ListRecipients: recipients.decide_list_recipients,
        recipients.PostList: recipients.decide_post_list,
        recipients.WithdrawList: recipients.decide_withdraw_list,
    },
    routers=lambda runtime: [recipients_router(runtime)],
    read_models=(LIST_ROWS,),
)
