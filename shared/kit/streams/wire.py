"""The bytes of an entry: FastStream's binary envelope, format version 1, around the leaf.

Owns encoding and strict decoding. FastStream's own encoder is asynchronous and its parser takes anything for a
message; both cost most of the publishing and reading time. Equality with it is tested. Headers are ASCII:
FastStream counts characters where it should count bytes, so any other header destroys the envelope.
"""

from binascii import a2b_hex
from struct import Struct, error

from faststream.redis.parser import BinaryMessageFormatV1

from shared.kit.streams.entry import Entry, Unreadable, hash_leaf

MAGIC = BinaryMessageFormatV1.IDENTITY_HEADER
VERSION = 1

_HEAD = Struct(">8sHIIH")  # magic, version, start of headers, start of body, number of headers
_HEADERS_START = 18  # where the number of headers stands
_LENGTH = Struct(">H")
_HASH_HEX_LENGTH = 64


class NotAnEnvelope(ValueError):
    """The bytes are not an envelope this release wrote."""


def encode(leaf: bytes, *, position: int, leaf_hash: bytes, previous_hash: bytes | None) -> bytes:
    """The envelope of a leaf with its headers correlation_id, content-type, position, leafhash, previoushash."""
    correlation_id = find_correlation_id(leaf)
    headers = [
        _field(b"correlation_id") + _field(correlation_id),
        _CONTENT_TYPE,
        _POSITION + _field(b"%d" % position),
        _LEAF_HASH + leaf_hash.hex().encode(),
    ]
    if previous_hash is not None:
        headers.append(_PREVIOUS_HASH + previous_hash.hex().encode())
    block = b"".join(headers)
    head = _HEAD.pack(MAGIC, VERSION, _HEADERS_START, _HEAD.size + len(block), len(headers))
    return head + block + leaf


def decode(raw: bytes) -> tuple[bytes, dict[bytes, bytes]]:
    """The leaf and the headers of an envelope.

    Raises: NotAnEnvelope.
    """
    try:
        magic, version, start, body, count = _HEAD.unpack_from(raw)
        if magic != MAGIC or version != VERSION or start != _HEADERS_START or body > len(raw):
            raise NotAnEnvelope("not-an-envelope")
        offset = _HEAD.size
        headers: dict[bytes, bytes] = {}
        for _ in range(count):  # inlined: this runs five times an entry
            name_end = offset + 2 + (raw[offset] << 8 | raw[offset + 1])
            value_end = name_end + 2 + (raw[name_end] << 8 | raw[name_end + 1])
            headers[raw[offset + 2 : name_end]] = raw[name_end + 2 : value_end]
            offset = value_end
    except (error, IndexError) as broken:
        raise NotAnEnvelope("not-an-envelope") from broken
    if offset != body:
        raise NotAnEnvelope("not-an-envelope")
    return raw[body:], headers


def read_entry(source: str, partition: int, number: int, *, epoch: int | None, raw: bytes) -> Entry | Unreadable:
    """The entry these bytes hold, or why they hold none: no envelope, or not the leaf its header names."""

    def unreadable(reason: str) -> Unreadable:
        return Unreadable(source, partition, number, raw, reason, epoch)

    try:
        leaf, headers = decode(raw)
        position = int(headers[b"position"])
        claimed = a2b_hex(headers[b"leafhash"])
        previous = a2b_hex(headers[b"previoushash"]) if b"previoushash" in headers else None
        correlation_id = headers.get(b"correlation_id", b"").decode("ascii")
    except (NotAnEnvelope, KeyError, ValueError):
        return unreadable("undecodable-entry")
    actual = hash_leaf(leaf)
    if claimed != actual:
        return unreadable("leaf-hash-differs")
    return Entry(source, partition, number, position, leaf, actual, previous, correlation_id, epoch)


def find_correlation_id(leaf: bytes) -> bytes:
    """The event's correlation id, empty where it is absent or outside ASCII.

    Canonical JSON sorts its keys and escapes quotes in strings, so the first match is the attribute itself: it
    stands before `data`, and no string before it can hold an unescaped quote.
    """
    start = leaf.find(_CORRELATION_KEY)
    if start < 0:
        return b""
    start += len(_CORRELATION_KEY)
    found = leaf[start : leaf.find(b'"', start)]
    return b"" if b"\\" in found or not found.isascii() else found


def _field(value: bytes) -> bytes:
    return _LENGTH.pack(len(value)) + value


_CORRELATION_KEY = b'"correlationid":"'
_CONTENT_TYPE = _field(b"content-type") + _field(b"application/json")
_POSITION = _field(b"position")
_LEAF_HASH = _field(b"leafhash") + _LENGTH.pack(_HASH_HEX_LENGTH)
_PREVIOUS_HASH = _field(b"previoushash") + _LENGTH.pack(_HASH_HEX_LENGTH)
