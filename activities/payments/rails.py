"""Every way to pay that one installation has."""

import asyncio
from collections.abc import Mapping
from typing import Final

from activities.payments.exchanges import WalletsNow
from activities.payments.ports import PaymentRail
from domain.chains import Family, family_of
from domain.errors import OfferRefused, UpstreamUnavailable, WalletUnfunded
from domain.payments import Funds, Wallets

_ANSWER_SECONDS: Final = 10
"""A node that takes longer to read one balance is none to pay by; a quote has a minute in all."""

Way = tuple[str, str]
"""A network and a scheme on it."""


class RailsByWay:
    """Implements the port ``Rails`` over rails that were built at start."""

    def __init__(self, rails: Mapping[Way, PaymentRail]) -> None:
        self._rails = dict(rails)

    def of(self, network: str, scheme: str) -> PaymentRail:
        """The rail for one scheme on one network."""
        try:
            return self._rails[(network, scheme)]
        except KeyError:
            raise OfferRefused(f"{scheme} on {network} cannot be paid here") from None

    def all(self) -> tuple[PaymentRail, ...]:
        """Each rail once."""
        return tuple(self._rails.values())

    async def wallets(self, own: str | None) -> Wallets:
        """What can be spent where; a wallet without an account for the asset spends nothing."""
        found = await self.wallets_now(own)
        for reason in found.silent.values():
            raise UpstreamUnavailable(reason)
        return found.wallets

    async def wallets_now(self, own: str | None) -> WalletsNow:
        """What can be spent where at this moment; a silent node silences its own network only."""
        wallets: Wallets = {}
        silent: dict[str, str] = {}
        for (network, scheme), rail in self._rails.items():
            payer = rail.payer if own is None else _own_on(own, network)
            # What a channel takes in comes out of the same wallet as everything else.
            if payer is None or scheme != "exact":
                continue
            try:
                async with asyncio.timeout(_ANSWER_SECONDS):
                    wallets[network] = Funds(payer=payer, balance=await rail.balance(payer))
            except WalletUnfunded:
                continue
            except UpstreamUnavailable as err:
                silent[network] = f"nothing can be paid on {network} now: {err.message}"
            except TimeoutError:
                words = f"its node did not answer in {_ANSWER_SECONDS} s"
                silent[network] = f"nothing can be paid on {network} now: {words}"
        return WalletsNow(wallets=wallets, silent=silent)


def _own_on(own: str, network: str) -> str | None:
    """A person's own wallet lives on one family of chains."""
    family = Family.EVM if own.startswith("0x") else Family.SVM
    return own if family_of(network) is family else None
