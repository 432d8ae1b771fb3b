"""The double of Permit2 and of the proxy for ``upto``: a signed maximum, taken once by one."""

from collections.abc import Iterator
from typing import Any

import pytest
from eth_abi.abi import encode
from eth_account import Account
from eth_utils.crypto import keccak
from x402.mechanisms.evm.constants import PERMIT2_ADDRESS, X402_UPTO_PERMIT2_PROXY_ADDRESS
from x402.mechanisms.evm.upto.client import UptoEvmScheme
from x402.schemas import PaymentRequirements

from deploy.evm.anvil import NETWORK
from deploy.evm.contracts import USDC
from tests.deploy.evm.chain import EvmNode
from tests.deploy.evm.market import PRICE, Market
from tests.deploy.evm.token import call

PERMIT = "((address,uint256),uint256,uint256)"
WITNESS = "(address,address,uint256)"
SETTLE = f"settle({PERMIT},uint256,address,{WITNESS},bytes)"


@pytest.fixture
def market(node: EvmNode) -> Iterator[Market]:
    made = Market(node)
    made.allow_permit2()
    yield made
    made.close()


def signed(market: Market, *, seconds: int = 60) -> dict[str, Any]:
    """What the package's client signs."""
    scheme: Any = UptoEvmScheme(market.reader)
    wanted = PaymentRequirements(
        scheme="upto",
        network=NETWORK,
        asset=USDC,
        amount=str(PRICE),
        pay_to=market.seller.address,
        max_timeout_seconds=seconds,
        extra={"name": "USDC", "version": "2", "facilitatorAddress": market.gas.address},
    )
    payload: dict[str, Any] = scheme.create_payment_payload(wanted)
    return payload


def settlement(payload: dict[str, Any], amount: int, **changed: Any) -> bytes:
    """The call that takes ``amount`` of what was signed, or of what was ``changed``."""
    said = payload["permit2Authorization"]
    permitted, witness = said["permitted"], said["witness"]
    values: list[Any] = [
        (
            (permitted["token"], changed.get("most", int(permitted["amount"]))),
            changed.get("nonce", int(said["nonce"])),
            int(said["deadline"]),
        ),
        amount,
        said["from"],
        (
            changed.get("to", witness["to"]),
            changed.get("facilitator", witness["facilitator"]),
            int(witness["validAfter"]),
        ),
        bytes.fromhex(payload["signature"][2:]),
    ]
    types = [PERMIT, "uint256", "address", WITNESS, "bytes"]
    return bytes(keccak(text=SETTLE)[:4]) + encode(types, values)


def take(market: Market, data: bytes, *, by: str | None = None) -> bool:
    return market.node.send(by or market.gas.address, X402_UPTO_PERMIT2_PROXY_ADDRESS, data)


def is_used(market: Market, nonce: int) -> bool:
    asked = call("nonceBitmap(address,uint256)", market.buyer.address, nonce >> 8)
    return bool(int.from_bytes(market.node.call(PERMIT2_ADDRESS, asked)) >> (nonce & 0xFF) & 1)


def test_a_signed_maximum_is_taken_once(market: Market) -> None:
    payload = signed(market)
    nonce = int(payload["permit2Authorization"]["nonce"])
    assert not is_used(market, nonce)

    assert take(market, settlement(payload, PRICE // 2))

    assert is_used(market, nonce)
    assert not take(market, settlement(payload, PRICE // 2))
    assert market.spent == market.received == PRICE // 2


@pytest.mark.parametrize("amount", [0, PRICE + 1])
def test_neither_nothing_nor_more_is_taken(market: Market, amount: int) -> None:
    payload = signed(market)

    assert not take(market, settlement(payload, amount))
    assert take(market, settlement(payload, PRICE))


def test_only_the_named_facilitator_takes_it(market: Market) -> None:
    payload, thief = signed(market), Account.create().address

    assert not take(market, settlement(payload, PRICE), by=thief)
    assert not take(market, settlement(payload, PRICE, facilitator=thief), by=thief)
    assert take(market, settlement(payload, PRICE))


@pytest.mark.parametrize("changed", [{"to": "0x" + "11" * 20}, {"most": 10 * PRICE}, {"nonce": 7}])
def test_nothing_that_was_signed_can_be_changed(market: Market, changed: dict[str, Any]) -> None:
    payload = signed(market)

    assert not take(market, settlement(payload, PRICE, **changed))
    assert market.spent == 0
    assert take(market, settlement(payload, PRICE))


def test_after_its_deadline_nothing_is_taken(dated: EvmNode) -> None:
    market = Market(dated)
    market.allow_permit2()
    payload = signed(market)
    dated.advance_seconds(120)

    assert not take(market, settlement(payload, PRICE))
    assert market.spent == 0
    market.close()


def test_a_nonce_that_was_called_off_takes_nothing(market: Market) -> None:
    payload = signed(market)
    nonce = int(payload["permit2Authorization"]["nonce"])
    off = call("invalidateUnorderedNonces(uint256,uint256)", nonce >> 8, 1 << (nonce & 0xFF))

    assert market.node.send(market.buyer.address, PERMIT2_ADDRESS, off)

    assert not take(market, settlement(payload, PRICE))
