"""What a seller reads from an EVM chain and writes to it."""

from typing import Any, Final

import httpx
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from x402.mechanisms.evm.batch_settlement.constants import BATCH_SETTLEMENT_ADDRESS

from deploy.services.chain import (
    RPC_TIMEOUT_SECONDS,
    ChainRefused,
    ChainUnreachable,
    Landed,
    Signed,
    Transfer,
)
from deploy.services.evm_wallets import EvmWallet
from domain.chains import usdc_on

TRANSFER_EVENT: Final = "0x" + keccak(text="Transfer(address,address,uint256)").hex()
"""Source: ERC-20."""

TRANSFER_CALL: Final = keccak(text="transfer(address,uint256)")[:4]
"""Source: ERC-20."""

SUCCESS: Final = "0x1"
"""Status of a transaction that was not reverted. Source: EIP-658."""

GAS_MARGIN: Final = 2
"""Gas is bought for this many times the estimate; what is not used is not paid."""

NOT_PAYERS: Final = frozenset({BATCH_SETTLEMENT_ADDRESS.lower()})
"""Who pays sellers in others' names: money given back to a contract would be lost."""


class EvmChain:
    """One EVM node, spoken to from worker threads."""

    def __init__(self, rpc_url: str, network: str) -> None:
        self._client = httpx.Client(base_url=rpc_url, timeout=RPC_TIMEOUT_SECONDS)
        self._usdc = usdc_on(network).address
        self._chain_id = int(network.partition(":")[2])

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def call(self, method: str, *params: object) -> Any:  # noqa: ANN401 - any JSON value
        """Call one RPC method.

        Raises:
            ChainUnreachable: No answer.
            ChainRefused: An error for an answer.
        """
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        try:
            answer = self._client.post("", json=body).json()
        except (httpx.HTTPError, ValueError) as err:
            raise ChainUnreachable(f"{method} got no answer from the node") from err
        if "error" in answer:
            raise ChainRefused(f"{method}: {answer['error'].get('message', 'refused')}")
        return answer.get("result")

    def landed(self, signature: str) -> Landed | None:
        """Return a transaction, or ``None`` when the chain has no such success."""
        found = self.call("eth_getTransactionReceipt", signature)
        if found is None or found["status"] != SUCCESS:
            return None
        moved = [self._transfer(log) for log in found["logs"]]
        known = tuple(one for one in moved if one is not None and one.source not in NOT_PAYERS)
        block = self.call("eth_getBlockByNumber", found["blockNumber"], False)
        return Landed(known, int(block["timestamp"], 16) if block else None)

    def outcome(self, signature: str) -> bool | None:
        """Tell whether a transaction succeeded, failed, or is unknown to the chain."""
        found = self.call("eth_getTransactionReceipt", signature)
        return None if found is None else found["status"] == SUCCESS

    def made(self, transfer: Transfer, memo: str, *, since: str) -> str | None:
        """Return the transaction that made a transfer under a memo after another, if any did."""
        paid = self.call("eth_getTransactionReceipt", since)
        topics = [TRANSFER_EVENT, _word(transfer.source), _word(transfer.destination)]
        asked = {
            "address": self._usdc,
            "topics": topics,
            "fromBlock": paid["blockNumber"] if paid else "0x0",
            "toBlock": "latest",
        }
        for log in self.call("eth_getLogs", asked):
            found = self.call("eth_getTransactionByHash", log["transactionHash"])
            said = bytes.fromhex(found["input"][2:]) if found else b""
            if self._transfer(log) == transfer and said.endswith(memo.encode()):
                return str(log["transactionHash"])
        return None

    def height_of(self, account: str) -> int:
        """Return how many final transactions an account has made.

        A signed one whose number is below it, and that is not found, can never land.
        """
        return int(self.call("eth_getTransactionCount", account, "finalized"), 16)

    def sign_refund(self, wallet: EvmWallet, transfer: Transfer, memo: str) -> Signed:
        """Sign a transfer of a seller's own USDC, the seller paying for gas.

        The memo follows the call's arguments, where the token does not look.
        """
        arguments = bytes.fromhex(transfer.destination[2:]).rjust(32, b"\0")
        arguments += transfer.base_units.to_bytes(32, "big")
        call = {
            "from": wallet.address,
            "to": to_checksum_address(self._usdc),
            "data": "0x" + (TRANSFER_CALL + arguments + memo.encode()).hex(),
        }
        number = int(self.call("eth_getTransactionCount", wallet.address, "pending"), 16)
        gas = int(self.call("eth_estimateGas", call), 16) * GAS_MARGIN
        price = int(self.call("eth_gasPrice"), 16)
        terms: dict[str, Any] = {
            "to": call["to"],
            "data": call["data"],
            "value": 0,
            "chainId": self._chain_id,
            "nonce": number,
            "gas": gas,
            "maxFeePerGas": price * GAS_MARGIN,
            "maxPriorityFeePerGas": price,
        }
        signed = wallet.account.sign_transaction(terms)
        return Signed("0x" + bytes(signed.hash).hex(), bytes(signed.raw_transaction), number)

    def send(self, raw: bytes) -> None:
        """Send signed bytes. Sending the same bytes again has no second effect."""
        try:
            self.call("eth_sendRawTransaction", "0x" + raw.hex())
        except ChainRefused as err:
            if "already" not in str(err):  # known to the node: that is what was wanted
                raise

    def _transfer(self, log: dict[str, Any]) -> Transfer | None:
        topics = log["topics"]
        if log["address"].lower() != self._usdc or len(topics) != 3:  # noqa: PLR2004 - ERC-20
            return None
        if topics[0] != TRANSFER_EVENT:
            return None
        return Transfer("0x" + topics[1][26:], "0x" + topics[2][26:], int(log["data"], 16))


def _word(address: str) -> str:
    return "0x" + address[2:].rjust(64, "0")
