"""What an EVM node must show for a receipt: the transaction, and the token's own events in it."""

from typing import Any, Final

from domain.payments import Receipt
from starter.verifying.node import Node, readable

_TRANSFER: Final = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
"""Event ``Transfer(address,address,uint256)``. Source: ERC-20."""

_AUTHORIZATION_USED: Final = "0x98de503528ee59b575ef0c0a2576a82497bfc029a5685b209e9ec333479b10a5"
"""Event ``AuthorizationUsed(address,bytes32)``. Source: EIP-3009."""

_DEPOSIT_SCHEME: Final = "batch-settlement"
_ASK: Final = "eth_getTransactionReceipt"


def evm_network_problem(node: Node, network: str) -> str | None:
    """Say whether the node serves another network than it is asked about."""
    answer = node.ask("eth_chainId")
    with readable("eth_chainId"):
        served = f"eip155:{int(answer, 16)}"
    return None if served == network else f"the node serves {served}, not {network}"


def evm_problem(node: Node, receipt: Receipt) -> str | None:
    """Say what of ``receipt`` the chain does not show, if anything.

    Of a payment by a channel the chain shows the deposit that it draws on; what was charged of it
    stands between payer and seller until the seller claims it.

    Raises:
        UpstreamUnavailable: The node does not answer.
    """
    found = node.ask(_ASK, receipt.transaction)
    if found is None:
        return "the chain has no such transaction"
    with readable(_ASK):
        number, succeeded = int(found["blockNumber"], 16), int(found["status"], 16) == 1
        logs = _logs(found, receipt.amount.asset.address)
    if not succeeded:
        return "the transaction failed; it moved nothing"
    if number != receipt.slot:
        return f"the transaction is in block {number}, the receipt says {receipt.slot}"
    return _time_problem(node, receipt) or _money_problem(logs, receipt)


def _money_problem(logs: list[tuple[list[str], int]], receipt: Receipt) -> str | None:
    payer, pay_to, units = receipt.payer.lower(), receipt.pay_to.lower(), receipt.amount.base_units
    moves = [
        (_address(topics[1]), _address(topics[2]), data)
        for topics, data in logs
        if topics[0] == _TRANSFER and len(topics) == len(("event", "from", "to"))
    ]
    if receipt.scheme == _DEPOSIT_SCHEME:
        deposited = sum(data for source, _, data in moves if source == payer)
        return None if deposited > 0 else f"{receipt.payer} deposited nothing in it"
    if (payer, pay_to, units) not in moves:
        return f"{receipt.payer} did not pay {receipt.amount} to {receipt.pay_to} in it"
    if receipt.scheme == "exact" and not _used(logs, payer, receipt.piece):
        return f"the authorization {receipt.piece[:10]} was not used in it"
    return None


def _used(logs: list[tuple[list[str], int]], payer: str, nonce: str) -> bool:
    return any(
        topics[0] == _AUTHORIZATION_USED
        and len(topics) == len(("event", "authorizer", "nonce"))
        and _address(topics[1]) == payer
        and topics[2] == nonce.lower()
        for topics, _ in logs
    )


def _time_problem(node: Node, receipt: Receipt) -> str | None:
    if receipt.block_time is None:
        return None
    block = node.ask("eth_getBlockByNumber", hex(receipt.slot), False)
    with readable("eth_getBlockByNumber"):
        when = int(block["timestamp"], 16)
    if when == int(receipt.block_time.timestamp()):
        return None
    return "the transaction is from another time than the receipt says"


def _logs(found: Any, contract: str) -> list[tuple[list[str], int]]:  # noqa: ANN401 - JSON
    """Topics and first number of the token's own events: any contract can emit lookalikes."""
    return [
        ([str(topic).lower() for topic in log["topics"]], _number(str(log["data"])))
        for log in found["logs"]
        if str(log["address"]).lower() == contract.lower() and log["topics"]
    ]


def _number(data: str) -> int:
    word = data.removeprefix("0x")[:64]
    return int(word, 16) if word else 0


def _address(topic: str) -> str:
    return "0x" + topic[-40:]
