"""The doubles of x402's contracts: whose word they take, and whose they do not.

Buyers sign for these contracts, so a double that checks less than it is asked to sign would let
a defect of ours pass for a payment.
"""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from x402.mechanisms.evm.batch_settlement.authorizer_signer import (
    LocalAuthorizerSigner,
    sign_claim_batch,
    sign_refund,
)
from x402.mechanisms.evm.batch_settlement.constants import (
    BATCH_SETTLEMENT_ADDRESS,
    ERC3009_DEPOSIT_COLLECTOR_ADDRESS,
    MIN_WITHDRAW_DELAY,
    VOUCHER_TYPES,
)
from x402.mechanisms.evm.batch_settlement.types import ChannelConfig, VoucherClaim
from x402.mechanisms.evm.batch_settlement.utils import (
    compute_channel_id,
    get_batch_settlement_eip712_domain,
)

from deploy.evm.anvil import CHAIN_ID, NETWORK
from deploy.evm.contracts import USDC
from tests.deploy.evm.chain import ROOT, EvmNode
from tests.deploy.evm.test_token import RECEIVE_TYPES
from tests.deploy.evm.token import call, domain

FUNDS = 1_000_000
DEPOSIT = 100_000
CONFIG = "(address,address,address,address,address,uint40,bytes32)"
DOUBLES = ROOT / "deploy" / "evm" / "doubles"
PACKAGES = ("solc@0.8.37", "@openzeppelin/contracts@5.7.0")


@dataclass(frozen=True)
class Channel:
    """One payer, one seller, and the money between them."""

    node: EvmNode
    payer: LocalAccount
    seller: str
    authorizer: LocalAccount
    salt: bytes

    @classmethod
    def opened(cls, node: EvmNode) -> "Channel":
        channel = cls(
            node, Account.create(), Account.create().address, Account.create(), b"\1" * 32
        )
        node.fund(channel.payer.address, FUNDS)
        assert channel.deposit()
        return channel

    @property
    def config(self) -> ChannelConfig:
        return ChannelConfig(
            payer=self.payer.address,
            payer_authorizer=self.payer.address,
            receiver=self.seller,
            receiver_authorizer=self.authorizer.address,
            token=USDC,
            withdraw_delay=MIN_WITHDRAW_DELAY,
            salt="0x" + self.salt.hex(),
        )

    @property
    def id(self) -> str:
        return compute_channel_id(self.config, NETWORK)

    @property
    def words(self) -> tuple[Any, ...]:
        said = self.config
        return (
            *(said.payer, said.payer_authorizer, said.receiver, said.receiver_authorizer),
            *(said.token, said.withdraw_delay, self.salt),
        )

    @property
    def state(self) -> tuple[int, int]:
        """What it holds, claimed or not, and what of it was claimed."""
        answer = self.read("channels(bytes32)", bytes.fromhex(self.id[2:]))
        return int.from_bytes(answer[:32]), int.from_bytes(answer[32:64])

    def read(self, signature: str, *values: Any) -> bytes:
        return self.node.call(BATCH_SETTLEMENT_ADDRESS, call(signature, *values))

    def send(self, sender: str, data: bytes) -> bool:
        return self.node.send(sender, BATCH_SETTLEMENT_ADDRESS, data)

    def collected(self, amount: int = DEPOSIT) -> bytes:
        """What a collector is given: the payer's authorization, bound to this channel."""
        salt, until = int.from_bytes(os.urandom(32)), self.node.time + 600
        bound = keccak(encode(["bytes32", "uint256"], [bytes.fromhex(self.id[2:]), salt]))
        said = {
            "from": self.payer.address,
            "to": ERC3009_DEPOSIT_COLLECTOR_ADDRESS,
            "value": amount,
            "validAfter": 0,
            "validBefore": until,
            "nonce": bound,
        }
        made = self.payer.sign_typed_data(domain(self.node), RECEIVE_TYPES, said)
        types = ["uint256", "uint256", "uint256", "bytes"]
        return encode(types, [0, until, salt, bytes(made.signature)])

    def deposit(
        self, collector: str = ERC3009_DEPOSIT_COLLECTOR_ADDRESS, data: bytes | None = None
    ) -> bool:
        given = self.collected() if data is None else data
        made = call_nested(
            "deposit",
            [CONFIG, "uint128", "address", "bytes"],
            [self.words, DEPOSIT, collector, given],
        )
        return self.send(self.seller, made)

    def voucher(self, most: int, *, by: LocalAccount | None = None) -> VoucherClaim:
        """A claim of all that a voucher allows."""
        message = {"channelId": bytes.fromhex(self.id[2:]), "maxClaimableAmount": most}
        made = (by or self.payer).sign_typed_data(
            get_batch_settlement_eip712_domain(CHAIN_ID), VOUCHER_TYPES, message
        )
        return VoucherClaim(
            channel=self.config,
            max_claimable_amount=str(most),
            signature="0x" + bytes(made.signature).hex(),
            total_claimed=str(most),
        )

    def claim(self, *claims: VoucherClaim, by: LocalAccount | None = None) -> bool:
        signer = LocalAuthorizerSigner(by or self.authorizer)
        signature = bytes.fromhex(sign_claim_batch(signer, list(claims), NETWORK)[2:])
        types = [f"(({CONFIG},uint128),bytes,uint128)[]", "bytes"]
        data = call_nested("claimWithSignature", types, [[words_of(c) for c in claims], signature])
        return self.send(Account.create().address, data)

    def refund(self, amount: int, *, nonce: int, by: LocalAccount | None = None) -> bool:
        signer = LocalAuthorizerSigner(by or self.authorizer)
        signature = bytes.fromhex(
            sign_refund(signer, self.id, str(amount), str(nonce), NETWORK)[2:]
        )
        types = [CONFIG, "uint128", "uint256", "bytes"]
        data = call_nested("refundWithSignature", types, [self.words, amount, nonce, signature])
        return self.send(Account.create().address, data)

    def settle(self) -> bool:
        return self.send(
            Account.create().address, call("settle(address,address)", self.seller, USDC)
        )


def call_nested(name: str, types: list[str], values: list[Any]) -> bytes:
    return bytes(keccak(text=f"{name}({','.join(types)})")[:4]) + encode(types, values)


def words_of(claim: VoucherClaim) -> tuple[Any, ...]:
    said = claim.channel
    config = (
        *(said.payer, said.payer_authorizer, said.receiver, said.receiver_authorizer),
        *(said.token, said.withdraw_delay, bytes.fromhex(said.salt[2:])),
    )
    signature = bytes.fromhex(claim.signature[2:])
    return ((config, int(claim.max_claimable_amount)), signature, int(claim.total_claimed))


@pytest.fixture
def channel(node: EvmNode) -> Channel:
    return Channel.opened(node)


def test_a_deposit_belongs_to_its_channel_alone(channel: Channel) -> None:
    other = replace(channel, salt=b"\2" * 32)

    assert channel.state == (DEPOSIT, 0)
    assert channel.node.balance(channel.payer.address) == FUNDS - DEPOSIT
    assert not other.deposit(data=channel.collected())
    assert other.state == (0, 0)


def test_nobody_collects_a_deposit_past_the_contract(channel: Channel) -> None:
    words = [channel.payer.address, USDC, DEPOSIT, bytes.fromhex(channel.id[2:])]
    data = call("collect(address,address,uint128,bytes32,bytes)", *words, channel.collected())

    assert not channel.node.send(channel.seller, ERC3009_DEPOSIT_COLLECTOR_ADDRESS, data)
    assert channel.node.balance(channel.payer.address) == FUNDS - DEPOSIT


def test_a_collector_that_brings_nothing_deposits_nothing(channel: Channel) -> None:
    idle = Account.create().address
    channel.node.local.ask("anvil_setCode", idle, "0x00")  # answers every call, and does nothing

    assert not channel.deposit(idle)
    assert channel.state == (DEPOSIT, 0)


def test_a_claim_pays_the_seller_what_is_new_in_it(channel: Channel) -> None:
    assert channel.claim(channel.voucher(30_000))
    assert channel.claim(channel.voucher(50_000))
    assert channel.claim(channel.voucher(40_000))  # an older one changes nothing
    assert channel.state == (DEPOSIT, 50_000)
    assert channel.node.balance(channel.seller) == 50_000
    assert not channel.settle()
    assert channel.node.balance(channel.seller) == 50_000


def test_no_more_is_claimed_than_was_deposited(channel: Channel) -> None:
    assert not channel.claim(channel.voucher(DEPOSIT + 1))
    assert channel.claim(channel.voucher(DEPOSIT))


def test_no_more_is_claimed_than_the_voucher_says(channel: Channel) -> None:
    voucher = channel.voucher(10_000)

    assert not channel.claim(replace(voucher, total_claimed="10001"))
    assert not channel.claim(replace(voucher, max_claimable_amount="20000", total_claimed="20000"))


def test_only_the_payer_signs_vouchers_and_only_the_authorizer_claims(channel: Channel) -> None:
    assert not channel.claim(channel.voucher(1, by=channel.authorizer))
    assert not channel.claim(channel.voucher(1), by=channel.payer)
    assert not channel.claim(replace(channel.voucher(1), signature="0x"))
    assert channel.state == (DEPOSIT, 0)


def test_one_authorizer_cannot_claim_for_anothers_channel(channel: Channel) -> None:
    own = Channel.opened(channel.node)

    assert not own.claim(own.voucher(1), channel.voucher(1))
    assert channel.state == own.state == (DEPOSIT, 0)
    assert own.claim(own.voucher(1))


def test_a_refund_is_given_once_and_leaves_what_was_claimed(channel: Channel) -> None:
    channel.claim(channel.voucher(30_000))

    assert not channel.refund(DEPOSIT, nonce=0, by=channel.payer)
    assert not channel.refund(DEPOSIT, nonce=1)
    assert channel.refund(DEPOSIT, nonce=0)

    assert not channel.refund(DEPOSIT, nonce=0)
    assert channel.node.balance(channel.payer.address) == FUNDS - 30_000
    assert channel.node.balance(channel.seller) == 30_000


def test_after_the_delay_the_payer_takes_the_rest_without_the_seller(dated: EvmNode) -> None:
    channel = Channel.opened(dated)
    start = call_nested("initiateWithdraw", [CONFIG, "uint128"], [channel.words, DEPOSIT])
    end = call_nested("finalizeWithdraw", [CONFIG], [channel.words])
    assert not channel.send(channel.seller, start)
    assert not channel.send(channel.payer.address, end)
    assert channel.send(channel.payer.address, start)
    assert channel.claim(channel.voucher(20_000))  # the seller still may, within the delay
    assert not channel.send(channel.payer.address, end)

    channel.node.advance_seconds(MIN_WITHDRAW_DELAY)

    assert channel.send(channel.payer.address, end)
    assert channel.node.balance(channel.payer.address) == FUNDS - 20_000
    assert channel.state == (20_000, 20_000)


def test_a_newer_double_keeps_what_the_older_one_held(channel: Channel) -> None:
    channel.node.local.install()

    assert channel.state == (DEPOSIT, 0)
    assert channel.node.balance(BATCH_SETTLEMENT_ADDRESS) >= DEPOSIT


def test_what_is_shipped_is_what_the_sources_give(tmp_path: Path) -> None:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("*** WITHOUT COMPILER: npm was not found ***")
    fetch = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix"]
    fetched = subprocess.run(
        [*fetch, str(tmp_path), *PACKAGES], check=False, capture_output=True, timeout=50
    )
    if fetched.returncode:
        pytest.skip(f"*** WITHOUT COMPILER: npm could not fetch {' and '.join(PACKAGES)} ***")
    made = tmp_path / "artifacts.json"

    subprocess.run([node, str(DOUBLES / "build.mjs"), str(tmp_path), str(made)], check=True)

    assert made.read_text() == (DOUBLES / "artifacts.json").read_text()
    assert set(json.loads(made.read_text())) == {
        *("Usdc", "Multicall3", "Permit2", "UptoProxy", "Channels", "DepositCollector")
    }
