"""Sending EVM transactions so that the fate of each can be told, whatever is lost on the way."""

import threading
import time
from typing import Any, Final

from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from web3 import HTTPProvider, Web3
from web3.exceptions import TransactionNotFound, Web3Exception
from web3.middleware import ExtraDataToPOAMiddleware
from web3.types import RPCEndpoint, RPCResponse
from x402.mechanisms.evm.constants import TX_STATUS_SUCCESS
from x402.mechanisms.evm.signers import FacilitatorWeb3Signer
from x402.mechanisms.evm.types import TransactionReceipt

from deploy.facilitator.guard import StatusUnknown

CONFIRMATION_SECONDS: Final = 30.0
"""Wait for a receipt, as long as for a confirmation on Solana. Sellers ask twice, 90 s each."""

SEND_ATTEMPTS: Final = 3
"""Times that one signed transaction is handed to a node that does not answer."""

PAUSE_SECONDS: Final = 0.2
"""Between two looks for a receipt, and between two attempts to send."""

RPC_TIMEOUT_SECONDS: Final = 10.0
"""A node that is silent for longer is asked again."""


SILENCE: Final = (OSError, ValueError)
"""No answer, or one that is not JSON: what was asked for may have happened."""


class SureProvider(HTTPProvider):
    """A node's connection in which a lost reply to a send is not taken for a refusal.

    The id of a signed transaction is known before it is sent, and the same bytes have one effect
    however often they are sent.
    """

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:  # noqa: ANN401 - JSON
        """Ask the node."""
        if method != "eth_sendRawTransaction":
            return super().make_request(method, params)
        raw = bytes.fromhex(params[0].removeprefix("0x"))
        sent: RPCResponse = {"jsonrpc": "2.0", "id": 1, "result": "0x" + keccak(raw).hex()}
        for attempt in range(SEND_ATTEMPTS):
            try:
                answer = super().make_request(method, params)
            except SILENCE:
                time.sleep(PAUSE_SECONDS)
                continue
            # Once a reply was lost, a refusal may be of the second copy: the chain decides.
            return answer if attempt == 0 and not _known(answer) else sent
        return sent

    def sessions(self) -> list[tuple[str, Any]]:
        """Return the open connections, one for each thread that asked."""
        return self._request_session_manager.session_cache.items()


def _known(answer: RPCResponse) -> bool:
    # Nodes word it differently: "already known", "transaction already imported".
    return "error" in answer and "already" in str(answer["error"]).lower()


class CarefulSigner(FacilitatorWeb3Signer):
    """The package's signer, whose transactions never wait for one that was not sent."""

    def __init__(self, account: LocalAccount, rpc_url: str) -> None:
        super().__init__(
            "0x" + bytes(account.key).hex(),
            rpc_url,
            confirmation_timeout_seconds=CONFIRMATION_SECONDS,
        )
        options = {"timeout": RPC_TIMEOUT_SECONDS}
        self._connection = SureProvider(rpc_url, request_kwargs=options)
        self._w3 = Web3(self._connection)
        self._w3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)
        self._turn = threading.Lock()

    def close(self) -> None:
        """Close the connections; web3 itself never does."""
        for _, session in self._connection.sessions():
            session.close()

    def write_contract(
        self,
        address: str,
        abi: list[dict[str, Any]],
        function_name: str,
        *args: Any,  # noqa: ANN401 - the package's own signature
        data_suffix: str | None = None,
    ) -> str:
        """Send one call; transactions are numbered and sent one at a time."""
        with self._turn:
            # The package counts numbers itself, also of what it then failed to send; every later
            # transaction would wait for that one for ever. The node's count has no such gaps.
            self._next_nonce = None
            return super().write_contract(
                address, abi, function_name, *args, data_suffix=data_suffix
            )

    def wait_for_transaction_receipt(self, tx_hash: str) -> TransactionReceipt:
        """Wait through a node's silence too.

        Raises:
            StatusUnknown: No receipt in time.
        """
        deadline = time.monotonic() + self._confirmation_timeout_seconds
        while time.monotonic() < deadline:
            try:
                found = self.receipt(tx_hash)
            except StatusUnknown:
                found = None
            if found is not None:
                return found
            time.sleep(PAUSE_SECONDS)
        raise StatusUnknown(f"no receipt of {tx_hash} in {self._confirmation_timeout_seconds} s")

    def receipt(self, tx_hash: str) -> TransactionReceipt | None:
        """Read a receipt once; ``None`` when the node has none.

        Raises:
            StatusUnknown: The node does not answer.
        """
        try:
            found = self._w3.eth.get_transaction_receipt(_hash(tx_hash))
        except TransactionNotFound:
            return None
        except (*SILENCE, Web3Exception) as err:
            raise StatusUnknown(f"no answer about {tx_hash}") from err
        return TransactionReceipt(
            status=TX_STATUS_SUCCESS if found["status"] == TX_STATUS_SUCCESS else 0,
            block_number=found["blockNumber"],
            tx_hash=tx_hash,
            logs=list(found["logs"]),
        )


def _hash(text: str) -> Any:  # noqa: ANN401 - web3 takes text where it names a type of its own
    return text if text.startswith("0x") else "0x" + text
