"""Time on the chain: which slot it is, and which blockhashes are still accepted."""

import hashlib
import math
from collections.abc import Callable

from solders.hash import Hash

SLOT_MILLISECONDS = 400
"""Solana's target slot time."""

MAX_BLOCKHASH_AGE_SLOTS = 150
"""A transaction lands only while its blockhash is at most this old.

Source: Solana docs, "Transaction Confirmation & Expiration".
"""

SKIPPED_SLOTS = 1_000
"""Slots before the first block, so that slot and block height differ as on a real chain.

Comparing a slot with ``lastValidBlockHeight`` is a bug that would show only on devnet otherwise.
"""

FIRST_SLOT = SKIPPED_SLOTS + 1

SLOTS_PER_EPOCH = 432_000
"""Source: Solana's default epoch schedule."""


def block_height(slot: int) -> int:
    """Return how many blocks were produced up to a slot."""
    return slot - SKIPPED_SLOTS


class SlotClock:
    """Counts slots from a stored genesis time, or by hand; never backwards."""

    def __init__(
        self, *, genesis_time: float, offset: int, manual: bool, now: Callable[[], float]
    ) -> None:
        self.genesis_time = genesis_time
        self.offset = offset
        self.manual = manual
        self._now = now
        self._highest = 0

    @property
    def slot(self) -> int:
        """The current slot."""
        current = FIRST_SLOT + self.offset
        if not self.manual:
            current += max(0, self._elapsed_slots())
        # A wall clock set back must not make slots, hence blockhashes, come back.
        self._highest = max(self._highest, current)
        return self._highest

    @property
    def unix_time(self) -> int:
        """Whole seconds, as block times are."""
        return math.floor(self._now())

    def estimated_time(self, slot: int) -> int:
        """Guess when a slot without transactions passed; never in the future."""
        age_seconds = (self.slot - slot) * SLOT_MILLISECONDS / 1_000
        return math.floor(max(self.genesis_time, self._now() - age_seconds))

    def _elapsed_slots(self) -> int:
        return int((self._now() - self.genesis_time) * 1_000) // SLOT_MILLISECONDS


class Blockhashes:
    """One blockhash per slot, derived from a stored seed so that a restart keeps them valid."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._slots: dict[Hash, int] = {}
        self._filled_to = -1

    def at(self, slot: int) -> Hash:
        """Return the blockhash of a slot."""
        return Hash(hashlib.sha256(self._seed + slot.to_bytes(8, "little")).digest())

    def last_valid_slot(self, blockhash: Hash, slot: int) -> int | None:
        """Return the last slot at which ``blockhash`` is accepted, or None if it is not now."""
        self._fill(slot)
        issued = self._slots.get(blockhash)
        if issued is None or slot - issued > MAX_BLOCKHASH_AGE_SLOTS:
            return None
        return issued + MAX_BLOCKHASH_AGE_SLOTS

    def _fill(self, slot: int) -> None:
        if slot == self._filled_to:
            return
        oldest = max(FIRST_SLOT, slot - MAX_BLOCKHASH_AGE_SLOTS)
        self._slots = {h: issued for h, issued in self._slots.items() if issued >= oldest}
        for issued in range(max(oldest, self._filled_to + 1), slot + 1):
            self._slots[self.at(issued)] = issued
        self._filled_to = slot
