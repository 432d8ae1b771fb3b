"""A payment is given back once, whatever dies in between."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from solders.keypair import Keypair

from deploy.services.chain import Chain, ChainUnreachable, Landed, Signed, Transfer
from deploy.services.refunds import WINDOW_SECONDS, ClaimRefused, Journal, RefundDesk
from deploy.services.wallets import Wallet

NOW = 1_800_000_000
PAID = "5" * 88
LIFETIME = 150


@dataclass
class FakeChain(Chain):
    """A chain that keeps what lands, and breaks when told to."""

    payments: dict[str, Landed] = field(default_factory=dict)
    delivered: dict[bytes, Transfer] = field(default_factory=dict)
    signed: dict[bytes, Signed] = field(default_factory=dict)
    transfers: dict[bytes, Transfer] = field(default_factory=dict)
    blocks: int = 1000
    before_send: Callable[[], None] = lambda: None
    after_send: Callable[[], None] = lambda: None

    def landed(self, signature: str) -> Landed | None:
        return self.payments.get(signature)

    def outcome(self, signature: str) -> bool | None:
        return (
            True if any(self.signed[raw].signature == signature for raw in self.delivered) else None
        )

    def made(self, transfer: Transfer, memo: str, *, since: str) -> str | None:
        assert (memo, since) == (f"refund:{PAID[:32]}", PAID)
        found = [raw for raw, landed in self.delivered.items() if landed == transfer]
        return self.signed[found[0]].signature if found else None

    def height_of(self, account: str) -> int:
        assert account == WALLET.token_account
        return self.blocks

    def sign_refund(self, wallet: Any, transfer: Transfer, memo: str) -> Signed:
        assert wallet == WALLET
        assert memo == f"refund:{PAID[:32]}"
        number = len(self.signed)
        made = Signed(f"refund-{number}", b"raw-%d" % number, self.blocks + LIFETIME)
        self.signed[made.raw], self.transfers[made.raw] = made, transfer
        return made

    def send(self, raw: bytes) -> None:
        self.before_send()
        if self.blocks <= self.signed[raw].last_valid_height:
            self.delivered[raw] = self.transfers[raw]
        self.after_send()


WALLET = Wallet("abacus", Keypair.from_seed(b"a" * 32), refunds=True)
OTHER = Wallet("helios", Keypair.from_seed(b"h" * 32), refunds=False)


def paying(wallet: Wallet, at: int = NOW - 60) -> Landed:
    return Landed((Transfer("buyer-account", wallet.token_account, 2_000_000),), at)


def desk(chain: FakeChain, folder: Path) -> RefundDesk:
    return RefundDesk(chain, Journal(folder / "r.sqlite"), [WALLET, OTHER], lambda: NOW)


def failing() -> None:
    raise ChainUnreachable("the process died here")


def test_the_same_amount_goes_back_to_where_it_came_from(tmp_path: Path) -> None:
    chain = FakeChain(payments={PAID: paying(WALLET)})
    answer = desk(chain, tmp_path).claim(PAID)

    assert not answer.repeated
    assert list(chain.delivered.values()) == [
        Transfer(WALLET.token_account, "buyer-account", 2_000_000)
    ]


def test_a_second_claim_gets_the_first_refund(tmp_path: Path) -> None:
    chain = FakeChain(payments={PAID: paying(WALLET)})
    front = desk(chain, tmp_path)
    first, second = front.claim(PAID), front.claim(PAID)

    assert second.repeated
    assert first.refund.signed == second.refund.signed
    assert len(chain.delivered) == 1


@pytest.mark.parametrize("moment", ["before_send", "after_send"])
def test_a_death_around_sending_neither_loses_nor_doubles_the_refund(
    tmp_path: Path, moment: str
) -> None:
    chain = FakeChain(payments={PAID: paying(WALLET)})
    setattr(chain, moment, failing)
    with pytest.raises(ClaimRefused, match="journaled"):
        desk(chain, tmp_path).claim(PAID)
    setattr(chain, moment, lambda: None)

    reborn = desk(chain, tmp_path)
    reborn.resume()
    answer = reborn.claim(PAID)

    assert answer.repeated
    assert len(chain.signed) == 1
    assert len(chain.delivered) == 1


def test_bytes_are_replaced_only_after_they_can_no_longer_land(tmp_path: Path) -> None:
    chain = FakeChain(payments={PAID: paying(WALLET)})
    chain.before_send = failing
    front = desk(chain, tmp_path)
    with pytest.raises(ClaimRefused):
        front.claim(PAID)
    chain.blocks += LIFETIME
    with pytest.raises(ClaimRefused):
        front.claim(PAID)
    assert len(chain.signed) == 1

    chain.blocks += 1
    chain.before_send = lambda: None
    front.claim(PAID)

    assert len(chain.signed) == 2
    assert list(chain.delivered) == [b"raw-1"]


def test_expired_bytes_that_did_land_are_not_replaced(tmp_path: Path) -> None:
    chain = FakeChain(payments={PAID: paying(WALLET)})
    chain.after_send = failing
    front = desk(chain, tmp_path)
    with pytest.raises(ClaimRefused):
        front.claim(PAID)
    chain.blocks += 10 * LIFETIME

    assert front.claim(PAID).repeated
    assert len(chain.delivered) == 1
    assert len(chain.signed) == 1


def test_a_lost_journal_does_not_refund_again(tmp_path: Path) -> None:
    chain = FakeChain(payments={PAID: paying(WALLET)})
    first = desk(chain, tmp_path / "one").claim(PAID)
    second = desk(chain, tmp_path / "two").claim(PAID)

    assert second.repeated
    assert second.refund.signed.signature == first.refund.signed.signature
    assert len(chain.delivered) == 1


@pytest.mark.parametrize(
    ("payments", "status"),
    [
        ({}, 404),
        ({PAID: paying(OTHER)}, 403),
        ({PAID: Landed((), NOW)}, 403),
        ({PAID: paying(WALLET, NOW - WINDOW_SECONDS - 1)}, 410),
    ],
    ids=["unknown", "to a seller without refunds", "pays nobody", "too late"],
)
def test_a_claim_without_a_right_is_refused_and_pays_nothing(
    tmp_path: Path, payments: dict[str, Landed], status: int
) -> None:
    chain = FakeChain(payments=payments)
    with pytest.raises(ClaimRefused) as refused:
        desk(chain, tmp_path).claim(PAID)

    assert refused.value.status == status
    assert not chain.signed
