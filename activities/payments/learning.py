"""What an ended payment teaches about its seller, its facilitator and its network.

Nothing here decides about money, and nothing of it may hold a payment up: whatever fails is logged
and forgotten.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final, Protocol

from activities._metrics import count_purchase, record_answer
from activities.payments.ledger.ports import Ledger, LedgerEntry
from activities.records.ports import ListingBook, ObservationBook
from activities.records.watch import Watch
from domain.breakers import BreakerKind, host_key
from domain.catalogue import Terms
from domain.errors import EngineError
from domain.ids import Digest, ListingId
from domain.observing import Blame, Observation
from domain.payments import PaymentState, Settlement
from domain.policy import host_of
from domain.purchases import AuthorizePurchase
from domain.rollback import RefundOutcome

_PATIENCE_SECONDS: Final = 2.0
"""How long the records may keep an activity waiting."""

_ENDED: Final = frozenset(
    {PaymentState.DELIVERED, PaymentState.UNPAID, PaymentState.PAID_UNDELIVERED}
)

_FACILITATORS_WORDS: Final = (
    "facilitator",
    "unexpected_verify_error",
    "unexpected_settle_error",
    "settlement_pending",
    "fetch failed",
    "transaction_simulation_failed",
    "invalid_transaction_state",
    "duplicate_settlement",
)
"""What sellers say when their facilitator, not they, could not verify or settle. Codes differ
between packages and may be free text. Source: x402 core and SVM error codes."""

_OUR_WORDS: Final = (
    "insufficient_funds",
    "insufficient_balance",
    "invalid_exact_",
    "invalid_payload",
)
"""What sellers say when what we signed could not be taken: no fault of theirs."""

_NETWORKS_WORDS: Final = ("blockhash", "expired before", "never sent", "rpc failed")

_LOG: Final = logging.getLogger(__name__)


class Durations(Protocol):
    """How long sellers took to answer payments."""

    def took_ms(self, order: Digest) -> int | None:
        """Milliseconds, known once; ``None`` where this process did not send."""
        ...


class Learner:
    """Feeds the records from payments that ended; told twice, it learns once."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        observations: ObservationBook,
        listings: ListingBook,
        watch: Watch,
        durations: Durations,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._ledger = ledger
        self._observations = observations
        self._listings = listings
        self._watch = watch
        self._durations = durations
        self._now = clock or _utc

    async def settled(self, settlement: Settlement) -> None:
        """Learn from an ending; one that is still open teaches nothing yet."""
        if settlement.state in _ENDED and not settlement.parked:
            await _quietly(lambda: self._settled(settlement))

    async def free(self, ask: AuthorizePurchase, listing: ListingId) -> None:
        """Learn from a call that cost nothing and delivered."""
        url = next((offer.url for offer in ask.offers if offer.listing_id == listing), "")
        slot = ask.slot
        seen = Observation(
            id=f"{slot.workflow_id}/{slot.first_run_id}/{slot.step_id}/{slot.ordinal}"[:200],
            listing_id=listing,
            host=host_of(url),
            at=self._now(),
            delivered=True,
            schema_valid=True,
        )
        await _quietly(lambda: self._observations.observe(seen))

    async def claimed(self, outcome: RefundOutcome) -> None:
        """Learn whether a promised refund came."""
        await _quietly(lambda: self._claimed(outcome))

    async def _settled(self, settlement: Settlement) -> None:
        entry = await self._ledger.get(settlement.key)
        if not entry.sends:
            return  # nobody was asked to deliver anything
        delivered = settlement.state is PaymentState.DELIVERED
        blame = "seller" if delivered else blame_for(settlement)
        await self._observe(entry, settlement, delivered=delivered, blame=blame)
        status = settlement.http_status or 0
        if not delivered and blame == "seller" and status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            reason = f"payment {entry.key[:12]} was answered {status}"
            await self._accuse(BreakerKind.HOST, host_key(entry.claim.url), reason, since=reason)
        facilitator = facilitator_of(entry.claim.terms)
        if facilitator is None:
            return
        if settlement.state is not PaymentState.UNPAID:
            # The money moved, so it settles; what the seller did after that is not its doing.
            await self._watch.answered(BreakerKind.FACILITATOR, facilitator)
        elif blame == "facilitator":
            # Only the seller's word says that its facilitator failed, and it may name any. One that
            # says so again and again must not keep everybody from those who share it.
            since = f"{host_of(entry.claim.url)}: "
            reason = f"{since}{settlement.reason}"
            await self._accuse(BreakerKind.FACILITATOR, facilitator, reason, since=since)

    async def _accuse(self, kind: BreakerKind, key: str, reason: str, *, since: str) -> None:
        """Count a failure, unless the last one that was counted began with the same words."""
        known = await self._watch.known(kind, key)
        if known is None or not known.reason.startswith(since):
            await self._watch.failed(kind, key, reason)

    async def _observe(
        self, entry: LedgerEntry, settlement: Settlement, *, delivered: bool, blame: Blame
    ) -> None:
        claim = entry.claim
        took = self._durations.took_ms(claim.order_digest)
        seen = Observation(
            id=entry.key,
            listing_id=entry.listing_id,
            host=host_of(claim.url),
            at=self._now(),
            delivered=delivered,
            schema_valid=delivered,
            latency_ms=took,
            listed_base_units=await self._listed(entry),
            asked_base_units=claim.terms.base_units,
            blame=blame,
        )
        await self._observations.observe(seen)
        count_purchase(settlement.state, blame=blame)
        if took is not None:
            record_answer(took, outcome=settlement.state)

    async def _listed(self, entry: LedgerEntry) -> int | None:
        found = (await self._listings.get([entry.listing_id])).get(entry.listing_id)
        terms = entry.claim.terms
        same = [
            one.base_units
            for one in (found.accepts if found else ())
            if (one.network, one.asset) == (terms.network, terms.asset)
        ]
        return min(same, default=None)

    async def _claimed(self, outcome: RefundOutcome) -> None:
        entry = await self._ledger.get(outcome.key)
        if entry.claim.refund is None:
            return
        kept = outcome.returned.base_units > 0 or outcome.cancelled
        seen = Observation(
            id=entry.key,
            listing_id=entry.listing_id,
            host=host_of(entry.claim.url),
            at=self._now(),
            delivered=entry.answer is not None,
            schema_valid=entry.answer is not None,
            refund="kept" if kept else "broken",
        )
        await self._observations.observe(seen)


def blame_for(settlement: Settlement) -> Blame:
    """Whose fault it is that a payment delivered nothing, as far as anything tells.

    Money that the chain shows with the seller is the seller's to answer for.
    """
    if settlement.state is PaymentState.PAID_UNDELIVERED:
        return "seller"
    said, status = settlement.reason.lower(), settlement.http_status
    if status is None:
        return "network" if any(words in said for words in _NETWORKS_WORDS) else "seller"
    if any(words in said for words in _FACILITATORS_WORDS):
        return "facilitator"
    if status == HTTPStatus.PAYMENT_REQUIRED and any(words in said for words in _OUR_WORDS):
        return "us"
    return "seller"


def facilitator_of(terms: Terms) -> str | None:
    """Name the facilitator that a seller's terms bring along, by its address."""
    return terms.fee_payer or terms.spender


async def _quietly(work: Callable[[], Awaitable[None]]) -> None:
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await work()
    except (EngineError, TimeoutError, ValueError) as err:
        _LOG.warning("nothing_learnt: %s", err)


def _utc() -> datetime:
    return datetime.now(UTC)
