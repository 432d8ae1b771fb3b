"""Whether a payee on Solana has an account that a payment could land in."""

from solders.pubkey import Pubkey

from activities.payments.svm_chain import SvmChain
from activities.payments.svm_transfer import token_account
from domain.catalogue import Terms
from domain.money import Asset


class SvmAccounts:
    """Reads the token accounts of one asset; knows no wallet."""

    def __init__(self, chain: SvmChain, *, asset: Asset) -> None:
        self._chain = chain
        self._asset = asset

    @property
    def network(self) -> str:
        """Which network it reads."""
        return self._asset.network

    async def can_be_paid(self, terms: Terms) -> bool:
        """Whether the payee's associated account exists, is its own, and is not frozen."""
        if terms.asset != self._asset.address:
            return False
        try:
            pay_to = Pubkey.from_string(terms.pay_to)
        except ValueError:
            return False
        found = await self._chain.token_account(token_account(pay_to, self._asset))
        return found is not None and not found.frozen and found.owner == pay_to
