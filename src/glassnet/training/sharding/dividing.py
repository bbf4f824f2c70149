"""The shards of this process, from the options of `fit`."""

from __future__ import annotations

from typing import Any

from glassnet.errors import ConfigError
from glassnet.training.division import Sharding, check_shards, shards_of
from glassnet.training.sharding.ranks import Ranks

__all__ = ["sharding_of"]


def sharding_of(where: str, shards: Any, ranks: Ranks | None) -> Sharding | None:
    """Return the shards of this process; None if batches are not divided.

    Parameters
    ----------
    where : str
        Who asks, for the message.
    shards : int or None
        As it was given.
    ranks : Ranks or None
        The processes, if ``distributed`` was given.

    Raises
    ------
    ConfigError
        There are processes but no shards, or too few for them; or no such number of shards is possible.
    """
    if shards is None:
        if ranks is not None:
            fact = "distributed is given without shards; the number of shards decides the bits of the result"
            advice = "Pass shards=16, say: any power of two that is at least the number of processes."
            message = f"{where}: {fact}. {advice}"
            raise ConfigError(message)
        return None
    n, ranks = check_shards(where, shards), ranks or Ranks()
    if n < ranks.size:
        fact = f"shards is {n}, and there are {ranks.size} processes; each needs a shard"
        message = f"{where}: {fact}. Pass shards={1 << (ranks.size - 1).bit_length()}, or start fewer processes."
        raise ConfigError(message, got=n)
    return Sharding(n, shards_of(n, ranks.rank, ranks.size))
