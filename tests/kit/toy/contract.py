"""The two events of the toy service that the kit's suites run on."""

from typing import ClassVar

from shared.contracts.envelope import Payload


class CounterOpened(Payload):
    """A counter exists from now on."""

    type: ClassVar[str] = "toy.counter_opened.v1"
    kind: ClassVar[str] = "counter"
    key: ClassVar[str] = "counter_id"

    counter_id: str
    ceiling: int


class CounterRaised(Payload):
    """A counter grew by an amount."""

    type: ClassVar[str] = "toy.counter_raised.v1"
    kind: ClassVar[str] = "counter"
    key: ClassVar[str] = "counter_id"

    counter_id: str
    amount: int
    flags: tuple[str, ...] = ()


class CounterMirrored(Payload):
    """The mirror service saw a counter grow."""

    type: ClassVar[str] = "mirror.counter_mirrored.v1"
    kind: ClassVar[str] = "mirror"
    key: ClassVar[str] = "counter_id"

    counter_id: str
    amount: int
    seen_sequence: int
