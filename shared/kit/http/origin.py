"""Where a command of this request comes from.

Owns the step from a principal and the current request to an `Origin`. Must not know the command.
"""

from datetime import datetime

from shared.kit.access.roles import Principal
from shared.kit.clock import new_id, now
from shared.kit.decisions.types import Origin
from shared.kit.observe.tracing import current_request, current_traceparent


def origin_of(
    principal: Principal,
    *,
    time: datetime | None = None,
    causation_id: str | None = None,
    disaster_id: str | None = None,
    traceparent: str | None = None,
) -> Origin:
    """The origin of a command: who asks, in which role, when it happened (now), and the trace it belongs to.

    The correlation id is the id of the field event that caused it, or else the request's id.
    """
    context = current_request()
    return Origin(
        actor=principal.person_id,
        role=principal.role,
        correlation_id=causation_id or (context.request_id if context else new_id()),
        time=time or now(),
        causation_id=causation_id,
        traceparent=traceparent or current_traceparent(),
        disaster_id=disaster_id,
    )
