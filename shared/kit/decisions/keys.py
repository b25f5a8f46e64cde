"""Unique keys inside a batch: who holds them before, and who took them.

Owns reading and inserting the vault's keyed digests for the batch decider. Knows digests only, never values.
"""

from collections.abc import Collection, Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.database import copy_rows, fetch
from shared.kit.decisions.types import UniqueKey
from shared.kit.vault.tables import unique_key

# Every digest in every scope asked for: a batch has a few scopes, and what was not asked for is not found there.
_READ = "SELECT scope, digest, holder FROM vault.unique_key WHERE scope = ANY($1) AND digest = ANY($2)"


async def read_holders(connection: AsyncConnection, keys: Collection[UniqueKey]) -> dict[UniqueKey, str]:
    """The holders of these keys, as far as they have one."""
    if not keys:
        return {}
    rows = await fetch(connection, _READ, list({key.scope for key in keys}), [key.digest for key in keys])
    return {UniqueKey(scope, digest): holder for scope, digest, holder in rows}


async def write_holders(connection: AsyncConnection, taken: Mapping[UniqueKey, str]) -> None:
    """Record the first holders of new keys; one taken meanwhile elsewhere raises a unique violation."""
    rows = sorted((key.scope, key.digest, holder) for key, holder in taken.items())
    await copy_rows(connection, unique_key, ("scope", "digest", "holder"), rows)
