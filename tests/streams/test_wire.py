"""The bytes of an entry are FastStream's, and bytes that are not an entry's are told apart."""

import asyncio

import pytest
from faststream.redis import RedisBroker
from faststream.redis.annotations import RedisStreamMessage
from faststream.redis.parser import BinaryMessageFormatV1
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from shared.kit.canonical import canonical
from shared.kit.streams.entry import Entry, Unreadable, hash_leaf
from shared.kit.streams.wire import NotAnEnvelope, decode, encode, find_correlation_id, read_entry

LEAF = canonical({"actor": 'says "correlationid":"no"', "correlationid": "request-1", "data": {"name": "posko"}})

leaves = st.builds(
    lambda id_, text: canonical({"correlationid": id_, "data": {"text": text}}),
    st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='"\\'), max_size=40),
    st.text(max_size=200),
)


@given(leaf=leaves, position=st.integers(1, 2**53), previous=st.none() | st.binary(min_size=32, max_size=32))
def test_envelope_equals_what_faststream_encodes(leaf: bytes, position: int, previous: bytes | None) -> None:
    """Our fast encoder writes byte for byte what FastStream's own would."""
    leaf_hash = hash_leaf(leaf)
    headers = {"content-type": "application/json", "position": str(position), "leafhash": leaf_hash.hex()}
    if previous is not None:
        headers["previoushash"] = previous.hex()
    correlation_id = find_correlation_id(leaf).decode()
    theirs = asyncio.run(
        BinaryMessageFormatV1.encode(message=leaf, reply_to=None, headers=headers, correlation_id=correlation_id)
    )
    assert encode(leaf, position=position, leaf_hash=leaf_hash, previous_hash=previous) == theirs


@given(leaf=leaves, position=st.integers(1, 2**53))
def test_encoded_entry_reads_back_unchanged(leaf: bytes, position: int) -> None:
    """An entry read from its envelope is the leaf that was sent, with its place and its hashes."""
    raw = encode(leaf, position=position, leaf_hash=hash_leaf(leaf), previous_hash=bytes(32))
    found = read_entry("victims", 2, 7, epoch=1, raw=raw)
    assert isinstance(found, Entry)
    assert (found.leaf, found.position, found.number) == (leaf, position, 7)
    assert (found.leaf_hash, found.previous_hash) == (hash_leaf(leaf), bytes(32))


@given(st.binary(max_size=300))
def test_any_other_bytes_are_unreadable_not_an_error(raw: bytes) -> None:
    """Whatever somebody puts on a stream, reading it answers `Unreadable` with the bytes as they came."""
    found = read_entry("victims", 0, 1, epoch=1, raw=raw)
    assert isinstance(found, Unreadable)
    assert found.raw == raw


@given(flip=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_flipped_bit_never_passes_for_another_leaf(flip: int, bit: int) -> None:
    """A damaged entry is either found out or still the very leaf that was sent."""
    raw = bytearray(encode(LEAF, position=3, leaf_hash=hash_leaf(LEAF), previous_hash=None))
    raw[flip % len(raw)] ^= 1 << bit
    found = read_entry("victims", 0, 1, epoch=1, raw=bytes(raw))
    assert isinstance(found, Unreadable) or found.leaf == LEAF


def test_truncated_envelope_is_refused() -> None:
    """An envelope cut anywhere in its head or headers is no envelope."""
    raw = encode(LEAF, position=3, leaf_hash=hash_leaf(LEAF), previous_hash=None)
    for length in range(len(raw) - len(LEAF)):
        with pytest.raises(NotAnEnvelope):
            decode(raw[:length])


def test_correlation_id_is_the_attribute_not_text_that_looks_like_it() -> None:
    """Quoted text before the attribute cannot pass for it."""
    assert find_correlation_id(LEAF) == b"request-1"


@pytest.mark.parametrize("id_", ["José", 'a"b', "a\\b"])
def test_correlation_id_that_is_no_ascii_text_stays_out_of_the_headers(id_: str) -> None:
    """FastStream's envelope breaks on other characters, so the header is left empty."""
    assert find_correlation_id(canonical({"correlationid": id_})) == b""


async def test_plain_faststream_subscriber_reads_our_entries(redis_url: str, broker: Redis) -> None:
    """Anybody's FastStream subscriber gets the event as JSON with its correlation id."""
    seen: asyncio.Queue[tuple[object, object]] = asyncio.Queue()
    reader = RedisBroker(redis_url, logger=None)  # type: ignore[arg-type]

    @reader.subscriber(stream="plain", no_reply=True)
    async def read(event: dict[str, object], message: RedisStreamMessage) -> None:
        await seen.put((event, message.correlation_id))

    async with reader:
        await reader.start()
        await broker.xadd(
            "plain", {"__data__": encode(LEAF, position=1, leaf_hash=hash_leaf(LEAF), previous_hash=None)}
        )
        event, correlation_id = await asyncio.wait_for(seen.get(), 5)
    assert (event["data"], correlation_id) == ({"name": "posko"}, "request-1")  # type: ignore[index]
