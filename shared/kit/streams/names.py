"""Names and ids on the broker: which stream holds what, and what an entry's id says.

Owns the spelling of both. Must not talk to a broker.
"""

from typing import NamedTuple

FIELD = "__data__"  # the one field of a FastStream entry


class StreamId(NamedTuple):
    """An entry's place in a stream: `<epoch>-<number>`, in the broker's own order."""

    epoch: int
    number: int

    @classmethod
    def parse(cls, text: bytes | str) -> "StreamId":
        """The id a broker's answer spells."""
        epoch, _, number = (text.decode("ascii") if isinstance(text, bytes) else text).partition("-")
        return cls(int(epoch), int(number))

    def __str__(self) -> str:
        return f"{self.epoch}-{self.number}"


def partition_stream(service: str, partition: int) -> str:
    """The stream of one partition of a service's log."""
    return f"tanggap.{service}.{partition}"


def checkpoint_stream(service: str) -> str:
    """The stream of a service's signed checkpoints."""
    return f"tanggap.{service}.checkpoints"
