"""The token's double: what it lets move, once, and for nobody else."""

import os
from dataclasses import dataclass
from typing import Any

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from x402.mechanisms.evm.constants import EIP2612_PERMIT_TYPES, PERMIT2_ADDRESS

from deploy.evm.contracts import USDC
from domain.chains import BASE_SEPOLIA, EIP712_DOMAINS
from tests.deploy.evm.chain import EvmNode
from tests.deploy.evm.token import allowance, call, domain, signed

FUNDS = 1_000_000
PRICE = 400_000
TRANSFER_TYPES = {
    "TransferWithAuthorization": [
        {"name": "from", "type": "address"},
        {"name": "to", "type": "address"},
        {"name": "value", "type": "uint256"},
        {"name": "validAfter", "type": "uint256"},
        {"name": "validBefore", "type": "uint256"},
        {"name": "nonce", "type": "bytes32"},
    ]
}
CANCEL_TYPES = {
    "CancelAuthorization": [
        {"name": "authorizer", "type": "address"},
        {"name": "nonce", "type": "bytes32"},
    ]
}
RECEIVE_TYPES = {"ReceiveWithAuthorization": TRANSFER_TYPES["TransferWithAuthorization"]}


@dataclass
class Wallets:
    node: EvmNode
    payer: LocalAccount
    seller: str
    stranger: str

    def authorization(self, **changed: Any) -> dict[str, Any]:
        return {
            "from": self.payer.address,
            "to": self.seller,
            "value": PRICE,
            "validAfter": 0,
            "validBefore": self.node.time + 60,
            "nonce": os.urandom(32),
        } | changed

    def transfer(self, said: dict[str, Any], *, by: LocalAccount | None = None) -> bytes:
        """The call that carries out what ``by`` signed."""
        data = {"types": TRANSFER_TYPES, "message": said}
        v, r, s = signed(by or self.payer, domain(self.node), data)
        return call(
            "transferWithAuthorization"
            "(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)",
            *(said.values()),
            *(v, r, s),
        )

    def cancel(self, nonce: bytes) -> bytes:
        said = {"authorizer": self.payer.address, "nonce": nonce}
        v, r, s = signed(self.payer, domain(self.node), {"types": CANCEL_TYPES, "message": said})
        signature = "cancelAuthorization(address,bytes32,uint8,bytes32,bytes32)"
        return call(signature, self.payer.address, nonce, v, r, s)

    def is_used(self, nonce: bytes) -> bool:
        asked = call("authorizationState(address,bytes32)", self.payer.address, nonce)
        return bool(int.from_bytes(self.node.call(USDC, asked)))

    @property
    def received(self) -> int:
        return self.node.balance(self.seller)


@pytest.fixture
def wallets(node: EvmNode) -> Wallets:
    payer = Account.create()
    node.fund(payer.address, FUNDS)
    return Wallets(node, payer, *(Account.create().address for _ in range(2)))


def test_an_authorization_moves_the_money_once(wallets: Wallets) -> None:
    said = wallets.authorization()
    transfer = wallets.transfer(said)
    assert not wallets.is_used(said["nonce"])

    assert wallets.node.send(wallets.stranger, USDC, transfer)

    assert wallets.is_used(said["nonce"])
    assert not wallets.node.send(wallets.stranger, USDC, transfer)
    assert wallets.received == PRICE
    assert wallets.node.balance(wallets.payer.address) == FUNDS - PRICE


@pytest.mark.parametrize(
    "changed",
    [{"to": "0x" + "11" * 20}, {"value": PRICE + 1}, {"validBefore": 2**40}, {"nonce": bytes(32)}],
)
def test_not_one_word_of_an_authorization_can_be_changed(
    wallets: Wallets, changed: dict[str, Any]
) -> None:
    said = wallets.authorization()
    honest = wallets.transfer(said)
    forged = call(
        "transferWithAuthorization"
        "(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)",
        *(said | changed).values(),
        honest[-65],
        *(honest[-64:-32], honest[-32:]),
    )

    assert not wallets.node.send(wallets.stranger, USDC, forged)
    assert wallets.received == 0
    assert wallets.node.send(wallets.stranger, USDC, honest)


def test_nobody_elses_signature_moves_it(wallets: Wallets) -> None:
    transfer = wallets.transfer(wallets.authorization(), by=Account.create())

    assert not wallets.node.send(wallets.stranger, USDC, transfer)


@pytest.mark.parametrize("window", [(0, -1), (1000, 2000)])
def test_outside_its_time_an_authorization_moves_nothing(
    wallets: Wallets, window: tuple[int, int]
) -> None:
    now = wallets.node.time
    said = wallets.authorization(validAfter=window[0] and now + window[0])
    said["validBefore"] = now + window[1]

    assert not wallets.node.send(wallets.stranger, USDC, wallets.transfer(said))
    assert not wallets.is_used(said["nonce"])


def test_a_cancelled_authorization_is_used_and_moves_nothing(wallets: Wallets) -> None:
    said = wallets.authorization()

    assert wallets.node.send(wallets.stranger, USDC, wallets.cancel(said["nonce"]))

    assert wallets.is_used(said["nonce"])
    assert not wallets.node.send(wallets.stranger, USDC, wallets.transfer(said))
    assert wallets.received == 0


def test_what_a_contract_is_to_receive_nobody_else_can_take(wallets: Wallets) -> None:
    said = wallets.authorization()
    data = {"types": RECEIVE_TYPES, "message": said}
    receive = call(
        "receiveWithAuthorization"
        "(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)",
        *said.values(),
        *signed(wallets.payer, domain(wallets.node), data),
    )

    assert not wallets.node.send(wallets.stranger, USDC, receive)
    assert wallets.node.send(wallets.seller, USDC, receive)
    assert wallets.received == PRICE


def test_a_permit_allows_once_what_was_signed(wallets: Wallets) -> None:
    owner = wallets.payer.address
    said = {
        "owner": owner,
        "spender": PERMIT2_ADDRESS,
        "value": PRICE,
        "nonce": 0,
        "deadline": wallets.node.time + 60,
    }
    data = {"types": EIP2612_PERMIT_TYPES, "message": said}
    permit = call(
        "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
        *(owner, PERMIT2_ADDRESS, PRICE, said["deadline"]),
        *signed(wallets.payer, domain(wallets.node), data),
    )

    assert wallets.node.send(wallets.stranger, USDC, permit)
    assert allowance(wallets.node, owner, PERMIT2_ADDRESS) == PRICE
    assert not wallets.node.send(wallets.stranger, USDC, permit)


def test_its_domain_is_the_one_that_buyers_sign_in(node: EvmNode) -> None:
    name, version = EIP712_DOMAINS[(BASE_SEPOLIA, USDC.lower())]
    said = [node.call(USDC, call(f"{what}()"))[64:] for what in ("name", "version")]

    assert [word.rstrip(b"\0").decode() for word in said] == [name, version]
    assert int.from_bytes(node.call(USDC, call("decimals()"))) == 6
