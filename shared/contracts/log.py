"""What every service's log says about itself: how it was opened and which keys sign its checkpoints.

Owns the two event shapes and their class for each service. Must not know which services there are.
"""

import re
from functools import cache
from typing import Annotated, Any, ClassVar, Literal, TypeVar, cast

from pydantic import Field, StringConstraints

from shared.contracts.envelope import Payload
from shared.contracts.ids import LogId
from shared.contracts.values import LegalDate

SERVICE = re.compile(r"[a-z][a-z0-9]{0,31}")
PARTITIONS_MAX = 256

ServiceName = Annotated[str, StringConstraints(pattern=f"^{SERVICE.pattern}$")]
# The name C2SP signed notes give a key: no spaces, no plus sign.
KeyName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9./_:-]{0,127}$")]
# The 32 bytes of an Ed25519 public key in standard base64.
PublicKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9+/]{43}=$")]


class LogOpened(Payload):
    """The first leaf of a log: whose it is, and how its partitions are chosen for ever."""

    kind: ClassVar[str] = "log"
    key: ClassVar[str] = "log_id"

    log_id: LogId
    service: ServiceName
    installation: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,62}$")]
    partitions: int = Field(strict=True, ge=1, le=PARTITIONS_MAX)
    hash: Literal["crc32"] = "crc32"
    opened_on: LegalDate


class LogKeyAdded(Payload):
    """A key may sign this log's checkpoints from here on."""

    kind: ClassVar[str] = "log"
    key: ClassVar[str] = "log_id"

    log_id: LogId
    key_name: KeyName
    public_key: PublicKey
    added_on: LegalDate


P = TypeVar("P", bound=Payload)


def _of_service(base: type[P], name: str, service: str) -> type[P]:
    if not SERVICE.fullmatch(service):
        raise ValueError("a service's name is lower-case letters and digits")
    members = {"__module__": base.__module__, "__doc__": base.__doc__, "type": f"{service}.{name}.v1"}
    return cast("type[P]", type(base.__name__, (base,), members))


@cache
def log_opened_class(service: str) -> type[LogOpened]:
    """The class of a service's `log_opened` event."""
    return _of_service(LogOpened, "log_opened", service)


@cache
def log_key_added_class(service: str) -> type[LogKeyAdded]:
    """The class of a service's `log_key_added` event."""
    return _of_service(LogKeyAdded, "log_key_added", service)


def log_opened(service: str, **content: Any) -> LogOpened:
    """A service's first event; `content` is every field of LogOpened but `service`."""
    return log_opened_class(service)(service=service, **content)


def log_key_added(service: str, **content: Any) -> LogKeyAdded:
    """The event by which a service's log names another signing key; `content` is LogKeyAdded's fields."""
    return log_key_added_class(service)(**content)


def log_events(service: str) -> tuple[type[Payload], ...]:
    """Every event a service's log holds about itself."""
    return (log_opened_class(service), log_key_added_class(service))
