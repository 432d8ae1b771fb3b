"""A real seller, facilitator and chain, with a relay on either side of the seller."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from solders.keypair import Keypair
from x402.mechanisms.svm.constants import USDC_DEVNET_ADDRESS
from x402.mechanisms.svm.utils import derive_ata

from activities.discovery.bazaar_http import HttpBazaar
from deploy.services.chain import Transfer
from domain.catalogue import Offer
from domain.offers import listed_offer
from tests.deploy.services.stack import Stack
from tests.fakes.wares import usdc
from tests.ports import free_port
from tests.proofs.relay import Relay

SERVICE_PATH: Final = "/dex/volume"


@dataclass(frozen=True)
class Place:
    """Where payments are made and disturbed."""

    market: Stack
    buyers_side: Relay
    """Between buyers and the seller."""
    sellers_side: Relay
    """Between the seller and its facilitator."""
    offer: Offer
    """What is bought, through the relay."""

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, folder: Path) -> AsyncIterator["Place"]:
        with contextlib.ExitStack() as closing:
            market = Stack(folder)
            closing.callback(market.close)
            market.ready()
            port = free_port()
            sellers_side = closing.enter_context(Relay(market.facilitator.url).serving())
            buyers_side = closing.enter_context(Relay(f"http://127.0.0.1:{port}").serving())
            # The last of two equal options counts: this seller is the market's, behind relays.
            seller = market.sell(
                port,
                *("--facilitator", sellers_side.url, "--public-url", buyers_side.url),
                *("--state", str(folder / "behind-relays")),
            )
            seller.wait()
            offer = await _offer(market)
            moved = offer.model_copy(update={"url": f"{buyers_side.url}{SERVICE_PATH}"})
            yield cls(market, buyers_side, sellers_side, moved)

    @property
    def price(self) -> int:
        assert self.offer.terms is not None
        return self.offer.terms.base_units

    def chain(self, method: str, *params: object) -> Any:
        return self.market.node.chain.call(method, *params)

    def begin_call(self) -> None:
        """Have nothing wrong any more, wherever it was."""
        self.end_faults()
        self.buyers_side.begin_call()
        self.sellers_side.begin_call()

    def end_faults(self) -> None:
        """Have the chain's node work again."""
        self.chain("localnet_clearFaults")

    @property
    def struck(self) -> bool:
        """Whether no relay lies in wait any more."""
        return self.buyers_side.struck and self.sellers_side.struck

    def time_passes(self, slots: int) -> None:
        """Have as many slots pass as a wait would take."""
        self.chain("localnet_advanceSlots", slots)

    async def quiet(self) -> None:
        """Wait until nothing that the call sent is under way."""
        await self.buyers_side.quiet()
        await self.sellers_side.quiet()


class Purse:
    """One wallet, and what the chain says left it."""

    def __init__(self, place: Place, *, base_units: int) -> None:
        self._place = place
        self.pair: Keypair = place.market.payer(base_units=base_units)
        self._account = derive_ata(str(self.pair.pubkey()), USDC_DEVNET_ADDRESS)
        self._newest: str | None = None
        self._newest = next(iter(self._signatures()), None)
        self._balance = base_units

    def payments(self) -> set[str]:
        """Transactions since the last look that paid the price, and the seller, from here.

        Raises:
            RuntimeError: The balance says something else than the transactions.
        """
        fresh = self._signatures()
        self._newest = next(iter(fresh), self._newest)
        found = {one: self._left(one) for one in fresh}
        balance = self._place.market.node.usdc(str(self.pair.pubkey()))
        if self._balance - balance != sum(found.values()):
            raise RuntimeError(f"{self._balance - balance} base units left, {found} on chain")
        self._balance = balance
        return {signature for signature, left in found.items() if left}

    def _signatures(self) -> list[str]:
        options = {"commitment": "confirmed", "until": self._newest}
        rows = self._place.chain("getSignaturesForAddress", self._account, options)
        return [str(row["signature"]) for row in rows]

    def _left(self, signature: str) -> int:
        landed = self._place.market.node.chain.landed(signature)
        if landed is None:
            return 0
        assert self._place.offer.terms is not None
        seller = derive_ata(self._place.offer.terms.pay_to, USDC_DEVNET_ADDRESS)
        wanted = Transfer(self._account, seller, self._place.price)
        if landed.transfers != (wanted,):
            raise RuntimeError(f"{signature} is not the payment that was asked for")
        return wanted.base_units


async def _offer(market: Stack) -> Offer:
    async with httpx.AsyncClient(trust_env=False) as http:
        read = await HttpBazaar(market.facilitator.url, http).read()
    listing = next(one for one in read.listings if httpx.URL(one.url).path == SERVICE_PATH)
    return listed_offer(listing, usdc("10.00"))
