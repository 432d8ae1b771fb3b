"""A transaction has its effect at most once, whatever is repeated, restarted or expired."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from solders.signature import Signature
from solders.transaction import VersionedTransaction

from deploy.localnet.chain import LocalChain
from deploy.localnet.records import Landed, Refused
from tests.deploy.localnet.localnet_kit import BUYER, SELLER, SOL, open_chain, pay


def balance(chain: LocalChain) -> int:
    return chain.machine.balance(SELLER.pubkey())


def test_the_same_bytes_land_once(chain: LocalChain) -> None:
    transaction = pay(chain.latest_blockhash()[0], 1_000)

    first, second = chain.submit(transaction), chain.submit(transaction)

    assert isinstance(first, Landed)
    assert second == Refused("AlreadyProcessed")
    assert balance(chain) == SOL + 1_000


def test_the_same_message_in_a_later_slot_lands_once(chain: LocalChain) -> None:
    transaction = pay(chain.latest_blockhash()[0], 1_000)
    chain.submit(transaction)

    chain.advance_slots(150)

    assert chain.submit(transaction) == Refused("AlreadyProcessed")


def test_an_old_duplicate_is_expired_and_still_without_effect(chain: LocalChain) -> None:
    transaction = pay(chain.latest_blockhash()[0], 1_000)
    chain.submit(transaction)

    chain.advance_slots(151)

    assert chain.submit(transaction) == Refused("BlockhashNotFound")
    assert balance(chain) == SOL + 1_000


def test_a_blockhash_lives_for_exactly_150_slots(chain: LocalChain) -> None:
    blockhash, last_valid_block_height = chain.latest_blockhash()

    chain.advance_slots(150)
    assert chain.block_height == last_valid_block_height
    assert chain.is_blockhash_valid(blockhash)
    chain.advance_slots(1)

    assert not chain.is_blockhash_valid(blockhash)
    assert chain.submit(pay(blockhash, 1)) == Refused("BlockhashNotFound")


def test_a_blockhash_of_the_future_is_not_accepted(chain: LocalChain) -> None:
    future = chain.blockhash_at(chain.slot + 1)

    assert chain.submit(pay(future, 1)) == Refused("BlockhashNotFound")


def test_a_slot_is_never_below_a_block_height(chain: LocalChain) -> None:
    assert chain.slot > chain.latest_blockhash()[1]


def test_a_replay_after_a_restart_is_refused(tmp_path: Path) -> None:
    chain = open_chain(tmp_path)
    transaction = pay(chain.latest_blockhash()[0], 1_000)
    chain.submit(transaction)
    chain.close()

    chain = open_chain(tmp_path)

    assert chain.submit(transaction) == Refused("AlreadyProcessed")
    assert balance(chain) == SOL + 1_000
    chain.close()


def test_a_transaction_signed_before_a_restart_lands_after_it(tmp_path: Path) -> None:
    chain = open_chain(tmp_path)
    transaction = pay(chain.latest_blockhash()[0], 1_000)
    chain.close()

    chain = open_chain(tmp_path)

    assert isinstance(chain.submit(transaction), Landed)
    chain.close()


def test_a_transaction_of_another_chain_is_refused(chain: LocalChain) -> None:
    other = open_chain()
    foreign = pay(other.latest_blockhash()[0], 1_000)
    other.close()

    assert chain.submit(foreign) == Refused("BlockhashNotFound")


def test_a_forged_signature_is_refused(chain: LocalChain) -> None:
    honest = pay(chain.latest_blockhash()[0], 1_000)
    forged = VersionedTransaction.populate(honest.message, [Signature.default()])

    assert chain.submit(forged) == Refused("SignatureFailure")
    assert isinstance(chain.submit(honest), Landed)


def test_what_the_journal_cannot_store_did_not_happen(
    chain: LocalChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("disk full")

    before = balance(chain), chain.machine.balance(BUYER.pubkey())
    transaction = pay(chain.latest_blockhash()[0], 1_000)
    with monkeypatch.context() as patched:
        patched.setattr(chain.journal, "save_landed", full)
        with pytest.raises(OSError, match="disk full"):
            chain.submit(transaction)

    assert (balance(chain), chain.machine.balance(BUYER.pubkey())) == before
    assert isinstance(chain.submit(transaction), Landed)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("send"), st.integers(0, 5)),
            st.tuples(st.just("advance"), st.integers(0, 200)),
        ),
        max_size=30,
    )
)
def test_any_sequence_of_resends_pays_each_transaction_at_most_once(
    actions: list[tuple[str, int]],
) -> None:
    chain = open_chain()
    blockhash, _ = chain.latest_blockhash()
    signed = [pay(blockhash, 1 + 10**position) for position in range(6)]
    sent: set[int] = set()
    advanced = 0
    for action, value in actions:
        if action == "advance":
            chain.advance_slots(value)
            advanced += value
            continue
        chain.submit(signed[value])
        if advanced <= 150:
            sent.add(value)

    assert balance(chain) == SOL + sum(1 + 10**position for position in sent)
    chain.close()
