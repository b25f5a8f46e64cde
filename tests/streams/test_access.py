"""Delivery works with each service's own limited account on the broker."""

from collections.abc import Callable

import pytest
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from shared.kit.streams.names import partition_stream
from shared.kit.streams.publisher import Publisher
from shared.kit.streams.retention import Retention, RetentionPolicy
from tests.servers import PrivateRedis
from tests.streams.source import SourceLog
from tests.streams.target import Target, until


async def test_accounts_of_the_box_suffice_for_delivery(
    source: SourceLog, target: Target, private_redis: Callable[..., PrivateRedis]
) -> None:
    """Publishing, consuming, showing cursors and trimming need no more than the accounts allow."""
    server = private_redis(services=["victims", "logistics"])
    redis = Redis.from_url(server.service_url("victims"), socket_timeout=2)
    publisher = Publisher(source.database, redis, "victims")
    await source.write(["household/1"] * 50)
    publisher.publish_checkpoint("origin\n50\nroot\n")
    await publisher.publish_pending()
    stream = partition_stream("victims", source.partition_of("household/1"))

    async def shown() -> bool:
        return [each["last-delivered-id"] for each in await redis.xinfo_groups(stream)] == [b"1-50"]

    async with target.consuming(server.service_url("logistics")) as consumers:
        await until(lambda: target.has_handled(50))
        await until(shown)
        assert consumers.report()["display_failures"] == 0
        assert consumers.report()["failures"] == 0
    trimming = Retention(source.database, redis, "victims", RetentionPolicy(("logistics",), cap_bytes=2_000))
    assert await trimming.trim() > 0
    await redis.aclose()


async def test_consumer_cannot_write_to_the_stream_it_reads(private_redis: Callable[..., PrivateRedis]) -> None:
    """A consumer's account can neither forge nor remove what another service published."""
    server = private_redis(services=["victims", "logistics"])
    redis = Redis.from_url(server.service_url("logistics"), socket_timeout=2)
    stream = partition_stream("victims", 0)
    with pytest.raises(NoPermissionError):
        await redis.xadd(stream, {"__data__": b"forged"})
    with pytest.raises(NoPermissionError):
        await redis.xtrim(stream, maxlen=0)
    with pytest.raises(NoPermissionError):
        await redis.delete(stream)
    await redis.aclose()
