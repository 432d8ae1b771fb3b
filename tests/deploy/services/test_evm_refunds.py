"""On the EVM chain too a payment is given back once, whatever dies in between."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from deploy.evm.anvil import find_anvil
from deploy.evm.contracts import USDC, LocalEvm
from deploy.services.evm_chain import EvmChain as SellersChain
from deploy.services.evm_wallets import EvmWallet
from deploy.services.refunds import WINDOW_SECONDS, ClaimRefused, Journal, RefundDesk
from domain.chains import BASE_SEPOLIA
from tests.deploy.facilitator.evm_relay import EvmRelay, How
from tests.deploy.services.stack import EvmChain

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(find_anvil() is None, reason="*** WITHOUT EVM: make evm ***"),
]

PRICE = 30_000


class Counter:
    """A refunding seller and its customers; its process can be ended and begun anew."""

    def __init__(self, chain: LocalEvm, node: str, folder: Path) -> None:
        self.chain = chain
        self._node = node
        self._folder = folder
        self.wallet = EvmWallet("evm", Account.create(), refunds=True)
        self.other = EvmWallet("quill", Account.create(), refunds=False)
        self.late = 0
        self._open: list[Journal | SellersChain] = []
        chain.fund(self.wallet.address, base_units=1_000_000, wei=10**18)

    def desk(self, journal: str = "refunds.sqlite") -> RefundDesk:
        """A process of the seller."""
        kept, seen = Journal(self._folder / journal), SellersChain(self._node, BASE_SEPOLIA)
        self._open += [kept, seen]
        wallets = (self.wallet, self.other)
        return RefundDesk(seen, kept, wallets, lambda: time.time() + self.late)

    def paid(self, wallet: EvmWallet | None = None) -> tuple[str, LocalAccount]:
        """A payment, and who made it."""
        payer = Account.create()
        self.chain.fund(payer.address, base_units=PRICE, wei=10**18)
        self.chain.ask("anvil_impersonateAccount", payer.address)
        to = (wallet or self.wallet).address[2:].lower().rjust(64, "0")
        data = f"0xa9059cbb{to}{PRICE:064x}"
        call = {"from": payer.address, "to": USDC, "data": data, "gas": hex(200_000)}
        transaction = str(self.chain.ask("eth_sendTransaction", call))
        self.mine()
        return transaction, payer

    def mine(self, blocks: int = 1) -> None:
        self.chain.ask("anvil_mine", hex(blocks))

    def close(self) -> None:
        for part in self._open:
            part.close()


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EvmChain]:
    made = EvmChain(tmp_path_factory.mktemp("evm"))
    yield made
    made.close()


@pytest.fixture
def relay(chain: EvmChain) -> Iterator[EvmRelay]:
    with EvmRelay(chain.url) as made:
        yield made


@pytest.fixture
def counter(chain: EvmChain, relay: EvmRelay, tmp_path: Path) -> Iterator[Counter]:
    made = Counter(chain.chain, relay.url, tmp_path)
    yield made
    made.close()


def refused(desk: RefundDesk, paid: str) -> int:
    with pytest.raises(ClaimRefused) as caught:
        desk.claim(paid)
    return caught.value.status


def test_money_goes_back_to_whom_it_came_from_once(counter: Counter) -> None:
    desk, (paid, payer) = counter.desk(), counter.paid()
    first = desk.claim(paid)
    counter.mine(3)
    desk.resume()
    second = desk.claim(paid)

    assert (first.repeated, second.repeated) == (False, True)
    assert second.refund.landed
    assert counter.chain.balance(payer.address) == PRICE


@pytest.mark.parametrize("how", ["never-sent", "reply-lost"])
def test_a_refund_whose_sending_was_lost_arrives_once(
    counter: Counter, relay: EvmRelay, how: How
) -> None:
    paid, payer = counter.paid()
    relay.fail("eth_sendRawTransaction", how)
    assert refused(counter.desk(), paid) == 503

    reborn = counter.desk()
    for _ in range(4):
        reborn.resume()
        counter.mine(2)
    assert counter.chain.balance(payer.address) == PRICE


def test_a_lost_journal_does_not_pay_again(counter: Counter) -> None:
    paid, payer = counter.paid()
    refund = counter.desk().claim(paid).refund
    counter.mine(3)
    answer = counter.desk("empty.sqlite").claim(paid)
    counter.mine(3)

    assert answer.repeated
    assert answer.refund.signed.signature == refund.signed.signature
    assert counter.chain.balance(payer.address) == PRICE


def test_another_refund_of_the_same_sum_is_not_taken_for_this_one(counter: Counter) -> None:
    first, payer = counter.paid()
    counter.desk().claim(first)
    counter.mine(3)
    again = counter.desk("empty.sqlite").claim(first)
    assert again.repeated

    second, other = counter.paid()
    counter.desk("empty.sqlite").claim(second)
    counter.mine(3)
    assert counter.chain.balance(payer.address) == PRICE
    assert counter.chain.balance(other.address) == PRICE


def test_two_refunds_signed_under_one_number_both_arrive_once(
    counter: Counter, relay: EvmRelay
) -> None:
    desk = counter.desk()
    bought = [counter.paid() for _ in range(2)]
    relay.fail("eth_sendRawTransaction", "never-sent", times=2)
    for paid, _ in bought:
        assert refused(desk, paid) == 503
    for _ in range(8):
        try:
            desk.resume()
        except ClaimRefused as err:
            assert err.status == 503  # noqa: PT017 - its number is taken; it will be signed anew
        counter.mine(3)

    assert [counter.chain.balance(payer.address) for _, payer in bought] == [PRICE, PRICE]
    assert counter.chain.balance(counter.wallet.address) == 1_000_000


def test_a_seller_without_the_money_promises_nothing(counter: Counter) -> None:
    paid, payer = counter.paid()
    counter.chain.ask("anvil_impersonateAccount", counter.wallet.address)
    held = counter.chain.balance(counter.wallet.address)
    data = "0xa9059cbb" + ("11" * 20).rjust(64, "0") + f"{held:064x}"
    call = {"from": counter.wallet.address, "to": USDC, "data": data, "gas": hex(200_000)}
    counter.chain.ask("eth_sendTransaction", call)
    counter.mine()
    assert refused(counter.desk(), paid) == 503

    counter.chain.fund(counter.wallet.address, base_units=PRICE)
    desk = counter.desk()
    desk.claim(paid)
    counter.mine(3)
    assert counter.chain.balance(payer.address) == PRICE


def test_what_was_not_paid_to_a_refunding_wallet_is_refused(counter: Counter) -> None:
    desk = counter.desk()
    paid, payer = counter.paid(counter.other)

    assert refused(desk, paid) == 403
    assert refused(desk, "0x" + "ab" * 32) == 404
    assert counter.chain.balance(payer.address) == 0


def test_a_refund_is_not_refunded(counter: Counter) -> None:
    desk, (paid, _) = counter.desk(), counter.paid()
    refund = desk.claim(paid).refund.signed.signature
    counter.mine(3)

    assert refused(desk, refund) == 403


def test_an_old_payment_is_refused(counter: Counter) -> None:
    paid, _ = counter.paid()
    counter.late = WINDOW_SECONDS + 60

    assert refused(counter.desk(), paid) == 410
