"""The envelope every event travels in, and the base class of every payload.

Owns the CloudEvents 1.0 attribute names and how a payload names its aggregate. Must not know a
database, a broker, or the kit: pydantic and the standard library only.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, field_serializer

SPEC_VERSION: Literal["1.0"] = "1.0"


class Value(BaseModel):
    """A frozen value inside a payload; a producer may not send fields the contract does not name."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Payload(Value):
    """What an event says. Subclasses name their event type and the aggregate they belong to.

    `type` is the full CloudEvents type with its version; `kind` the aggregate's kind; `key` the field
    that holds the aggregate's id; `partition_by` the field whose value orders events that must be seen
    in order together (the aggregate's id where it is None).
    """

    type: ClassVar[str]
    kind: ClassVar[str]
    key: ClassVar[str]
    partition_by: ClassVar[str | None] = None

    @property
    def aggregate_id(self) -> str:
        """The id of the one aggregate this event belongs to."""
        return str(getattr(self, self.key))

    @property
    def partition_key(self) -> str:
        """The value whose hash chooses the partition."""
        return str(getattr(self, self.partition_by or self.key))


class Envelope(BaseModel):
    """CloudEvents 1.0 structured JSON with Tanggap's extension attributes.

    `position`, `partition` and `number` stand outside: they are columns, stream ids and HTTP fields.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    specversion: Literal["1.0"] = SPEC_VERSION
    id: str
    source: str = Field(description="urn:tanggap:<installation>:<service>:<log id>")
    type: str
    subject: str = Field(description="<kind>/<aggregate id>")
    time: datetime = Field(description="when it happened, as its source says")
    dataschema: str
    recordedtime: datetime = Field(description="when it was logged; never decreases with position")
    sequence: int = Field(ge=1, description="the aggregate's version, gapless from 1")
    partitionkey: str
    disasterid: str | None = None
    actor: str = Field(description="pseudonymous id of the person, post or service that acted")
    actorrole: str
    correlationid: str
    causationid: str | None = None
    traceparent: str | None = None
    data: Mapping[str, Any]

    @field_serializer("time", "recordedtime")
    def _utc(self, value: datetime) -> str:
        return timestamp(value)


def timestamp(value: datetime) -> str:
    """An aware UTC instant as RFC 3339 with microseconds and `Z`: one spelling, so equal instants are equal bytes."""
    if value.tzinfo is None or value.utcoffset():
        raise ValueError("instants are aware and in UTC")
    # Not strftime: its %Y leaves out leading zeros, and a device's clock may well say the year 1.
    return f"{value.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
