"""Token accounts that cannot be paid, or that change hands while a payment is on its way."""

import struct
from collections.abc import AsyncIterator

import pytest
from solders.account import Account
from solders.keypair import Keypair
from solders.pubkey import Pubkey
from solders.token import ID as TOKEN_PROGRAM
from spl.token.instructions import set_authority
from spl.token.models import AuthorityType, SetAuthorityParams

from activities.payments import svm_transfer
from activities.payments.exchanges import Landed
from deploy.localnet.addresses import TOKEN_2022_PROGRAM
from domain.chains import USDC_DEVNET
from domain.errors import OfferRefused, WalletUnfunded
from tests.activities.payments.svm_bench import (
    OWN,
    PAYER,
    PRICE,
    SAVINGS,
    SELLER,
    Bench,
    receipt,
)

THEIRS = svm_transfer.token_account(SELLER.pubkey(), USDC_DEVNET)
OURS = svm_transfer.token_account(PAYER.pubkey(), USDC_DEVNET)
ACCOMPLICE = Keypair.from_seed(bytes([35] * 32)).pubkey()
STATE_OFFSET_BYTES, FROZEN = 108, 2
"""Source: SPL Token account layout."""


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with Bench.open() as opened:
        yield opened


def give_away(bench: Bench, owner: Keypair, account: Pubkey) -> None:
    """What ``spl-token authorize ACCOUNT owner`` does."""
    params = SetAuthorityParams(
        program_id=TOKEN_PROGRAM,
        account=account,
        authority=AuthorityType.ACCOUNT_OWNER,
        current_authority=owner.pubkey(),
        new_authority=ACCOMPLICE,
    )
    bench.execute(owner, set_authority(params))


def changed(
    bench: Bench, account: Pubkey, *, program: Pubkey = TOKEN_PROGRAM, frozen: bool = False
) -> None:
    machine = bench.server.chain.machine
    known = machine.account(account)
    assert known is not None
    data = bytearray(known.data)
    if frozen:
        struct.pack_into("<B", data, STATE_OFFSET_BYTES, FROZEN)
    machine.put({account: Account(known.lamports, bytes(data), program)})


async def test_a_payment_is_proven_though_its_seller_gave_its_account_away(bench: Bench) -> None:
    unsigned = await bench.prepared()
    signed = await bench.signed(unsigned)
    give_away(bench, SELLER, THEIRS)

    transaction = await bench.send(signed)

    assert isinstance(await bench.outcome(unsigned), Landed)
    assert await bench.rail.proves(receipt(transaction))
    assert bench.usdc(SELLER.pubkey()) - SAVINGS == PRICE


async def test_an_account_that_belongs_to_somebody_else_is_not_paid(bench: Bench) -> None:
    give_away(bench, SELLER, THEIRS)

    with pytest.raises(OfferRefused, match=f"belongs to {ACCOMPLICE}"):
        await bench.prepared()


async def test_what_we_gave_away_is_not_ours_to_spend(bench: Bench) -> None:
    give_away(bench, PAYER, OURS)

    assert (await bench.rail.balance(OWN)).base_units == 0
    with pytest.raises(WalletUnfunded):
        await bench.prepared()


async def test_a_frozen_account_neither_pays_nor_is_paid(bench: Bench) -> None:
    changed(bench, OURS, frozen=True)
    with pytest.raises(WalletUnfunded):
        await bench.prepared()

    changed(bench, THEIRS, frozen=True)
    with pytest.raises(OfferRefused, match="could never land"):
        await bench.prepared()


async def test_an_account_of_the_other_token_program_is_none(bench: Bench) -> None:
    changed(bench, THEIRS, program=TOKEN_2022_PROGRAM)

    with pytest.raises(OfferRefused, match="could never land"):
        await bench.prepared()


async def test_a_token_of_the_other_token_program_is_refused(bench: Bench) -> None:
    pyusd = "CXk2AMBfi3TwaEL2468s6zP8xq9NxTXjp9gjMgzeUynM"

    with pytest.raises(OfferRefused, match="is not paid here"):
        await bench.prepared(asset=pyusd)
