"""What tokens cost, whoever's model they went through."""

from typing import Final, NamedTuple

from domain.drafting import TokenUsage

_TOKENS_PER_MTOK: Final = 1_000_000

CHARACTERS_PER_TOKEN: Final = 3
"""Of an answer whose tokens nobody counted, as it broke off; English has four, so this is more."""


class Rates(NamedTuple):
    """Micro-US-dollars for a million tokens."""

    read: int
    cache_write: int
    """Into the shortest-lived cache."""
    cache_read: int
    write: int


FREE: Final = Rates(0, 0, 0, 0)
"""A model on a machine of one's own."""


def priced(
    rates: Rates, *, read: int, cache_write: int, cache_read: int, written: int
) -> TokenUsage:
    """Count what one call read and wrote, and price it, rounded up.

    Args:
        rates: The model's.
        read: Input tokens that the cache had no part in.
        cache_write: Input tokens that were put into the cache.
        cache_read: Input tokens that the cache served.
        written: Output tokens, thinking included.
    """
    cost = (
        read * rates.read
        + cache_write * rates.cache_write
        + cache_read * rates.cache_read
        + written * rates.write
    )
    return TokenUsage(
        input_tokens=read + cache_write + cache_read,
        output_tokens=written,
        cached_input_tokens=cache_read,
        cost_micro_usd=-(-cost // _TOKENS_PER_MTOK),
    )


def guessed_tokens(characters: int) -> int:
    """How many tokens so many characters are at most, nearly."""
    return -(-characters // CHARACTERS_PER_TOKEN)
