"""A failed transaction is in the history if and only if its fee payer was charged."""

from solders.compute_budget import set_compute_unit_limit, set_compute_unit_price
from solders.keypair import Keypair
from solders.pubkey import Pubkey

from deploy.localnet.chain import LocalChain
from deploy.localnet.records import Landed, Refused
from tests.deploy.localnet.localnet_kit import BUYER, SELLER, SOL, pay

FEE = 5_000


def test_a_transfer_of_more_than_there_is_lands_and_costs_its_fee(chain: LocalChain) -> None:
    outcome = chain.submit(pay(chain.latest_blockhash()[0], 100 * SOL))

    assert isinstance(outcome, Landed)
    assert outcome.err == {"InstructionError": [0, {"Custom": 1}]}
    assert outcome.meta["fee"] == FEE
    assert chain.machine.balance(BUYER.pubkey()) == 10 * SOL - FEE
    assert chain.landed(outcome.signature) == outcome


def test_a_payer_that_does_not_exist_leaves_no_trace(chain: LocalChain) -> None:
    transaction = pay(chain.latest_blockhash()[0], 1, payer=Keypair())

    assert chain.submit(transaction) == Refused("AccountNotFound")
    assert chain.landed(transaction.signatures[0]) is None


def test_a_payer_that_cannot_pay_the_fee_leaves_no_trace(chain: LocalChain) -> None:
    transaction = pay(
        chain.latest_blockhash()[0],
        1,
        extra=(set_compute_unit_limit(1_400_000), set_compute_unit_price(10**13)),
    )

    assert chain.submit(transaction) == Refused("InsufficientFundsForFee")
    assert chain.machine.balance(BUYER.pubkey()) == 10 * SOL


def test_the_priority_fee_is_charged_and_rounded_up(chain: LocalChain) -> None:
    budget = (set_compute_unit_limit(12_345), set_compute_unit_price(7))
    outcome = chain.submit(pay(chain.latest_blockhash()[0], 1_000, extra=budget))

    assert isinstance(outcome, Landed)
    assert outcome.meta["fee"] == FEE + 1
    assert chain.machine.balance(BUYER.pubkey()) == 10 * SOL - 1_000 - FEE - 1


def test_a_simulation_changes_nothing(chain: LocalChain) -> None:
    budget = (set_compute_unit_limit(200_000), set_compute_unit_price(10**6))
    transaction = pay(chain.latest_blockhash()[0], 1_000, extra=budget)

    simulated = chain.simulate(transaction)

    assert simulated.err is None
    after = simulated.post_accounts[SELLER.pubkey()]
    assert after is not None
    assert after.lamports == SOL + 1_000
    assert chain.machine.balance(BUYER.pubkey()) == 10 * SOL
    assert chain.machine.balance(SELLER.pubkey()) == SOL


def test_an_account_below_the_rent_minimum_is_refused_but_charged(chain: LocalChain) -> None:
    poor = Pubkey.new_unique()

    outcome = chain.submit(pay(chain.latest_blockhash()[0], 1_000, to=poor))

    assert isinstance(outcome, Landed)
    assert outcome.err == {"InsufficientFundsForRent": {"account_index": 1}}
    assert chain.machine.account(poor) is None
    assert chain.machine.balance(BUYER.pubkey()) == 10 * SOL - FEE


def test_a_payer_may_not_fall_below_the_rent_minimum(chain: LocalChain) -> None:
    everything_but_a_crumb = 10 * SOL - FEE - 1_000

    outcome = chain.submit(pay(chain.latest_blockhash()[0], everything_but_a_crumb))

    assert isinstance(outcome, Landed)
    assert outcome.err == {"InsufficientFundsForRent": {"account_index": 0}}
    assert chain.machine.balance(SELLER.pubkey()) == SOL


def test_a_payer_may_empty_its_account(chain: LocalChain) -> None:
    outcome = chain.submit(pay(chain.latest_blockhash()[0], 10 * SOL - FEE))

    assert isinstance(outcome, Landed)
    assert outcome.err is None
    assert chain.machine.account(BUYER.pubkey()) is None
