"""What a seller reads from the chain and writes to it."""

import base64
from dataclasses import dataclass
from typing import Any, Final

import httpx
from solders.hash import Hash
from solders.instruction import AccountMeta, Instruction
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.transaction import VersionedTransaction
from x402.mechanisms.svm.constants import (
    MEMO_PROGRAM_ADDRESS,
    TOKEN_PROGRAM_ADDRESS,
    USDC_DEVNET_ADDRESS,
)

from deploy.services.listing import USDC_DECIMALS
from deploy.services.wallets import Wallet

RPC_TIMEOUT_SECONDS: Final = 15.0
"""A node that is silent for longer counts as down."""

HISTORY_LIMIT: Final = 1000
"""Most entries a node returns for one address. Source: Solana's getSignaturesForAddress."""

TRANSFER_CHECKED: Final = 12
"""Number of the token program's TransferChecked instruction."""

TRANSFER_ACCOUNTS: Final = 4
"""Source, mint, destination, authority: the accounts TransferChecked names first."""


class ChainUnreachable(Exception):
    """The node did not answer as JSON-RPC."""


class ChainRefused(Exception):
    """The node answered with an error."""


@dataclass(frozen=True)
class Transfer:
    """One USDC transfer inside a transaction that succeeded."""

    source: str
    """Token account the money came from."""
    destination: str
    base_units: int


@dataclass(frozen=True)
class Landed:
    """A transaction on chain."""

    transfers: tuple[Transfer, ...]
    at: int | None
    """Unix time of its block."""


@dataclass(frozen=True)
class Signed:
    """A transaction ready to send."""

    signature: str
    raw: bytes
    last_valid_height: int
    """Block height after which it can never land."""


class Chain:
    """One Solana node, spoken to from worker threads."""

    def __init__(self, rpc_url: str) -> None:
        self._client = httpx.Client(base_url=rpc_url, timeout=RPC_TIMEOUT_SECONDS)

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
        options = {
            "encoding": "base64",
            "commitment": "confirmed",
            "maxSupportedTransactionVersion": 0,
        }
        found = self.call("getTransaction", signature, options)
        if found is None or found["meta"]["err"] is not None:
            return None
        raw = base64.b64decode(found["transaction"][0])
        return Landed(transfers_in(raw), found.get("blockTime"))

    def outcome(self, signature: str) -> bool | None:
        """Tell whether a transaction succeeded, failed, or is unknown to the chain."""
        search = {"searchTransactionHistory": True}
        status = self.call("getSignatureStatuses", [signature], search)["value"][0]
        return None if status is None else status["err"] is None

    def made(self, transfer: Transfer, memo: str, *, since: str) -> str | None:
        """Return the transaction that made a transfer under a memo after another, if any did.

        Anybody may write any memo, so the transfer itself is what counts.
        """
        options = {"until": since, "limit": HISTORY_LIMIT, "commitment": "confirmed"}
        for entry in self.call("getSignaturesForAddress", transfer.source, options):
            if entry["err"] is None and memo in (entry.get("memo") or ""):
                found = self.landed(entry["signature"])
                if found and transfer in found.transfers:
                    return str(entry["signature"])
        return None

    def height_of(self, account: str) -> int:
        """Return the finalized block height; it is the same for every account."""
        del account
        return int(self.call("getBlockHeight", {"commitment": "finalized"}))

    def sign_transfer(self, pair: Keypair, transfer: Transfer, memo: str) -> Signed:
        """Sign a transfer of the signer's own USDC, the signer paying the fee."""
        latest = self.call("getLatestBlockhash", {"commitment": "finalized"})["value"]
        message = MessageV0.try_compile(
            pair.pubkey(),
            [transfer_instruction(pair.pubkey(), transfer), memo_instruction(memo)],
            [],
            Hash.from_string(latest["blockhash"]),
        )
        transaction = VersionedTransaction(message, [pair])
        return Signed(
            str(transaction.signatures[0]), bytes(transaction), int(latest["lastValidBlockHeight"])
        )

    def sign_refund(self, wallet: Wallet, transfer: Transfer, memo: str) -> Signed:
        """Sign a transfer out of a seller's wallet."""
        return self.sign_transfer(wallet.pair, transfer, memo)

    def send(self, raw: bytes) -> None:
        """Send signed bytes. Sending the same bytes again has no second effect."""
        options = {"encoding": "base64", "preflightCommitment": "confirmed"}
        self.call("sendTransaction", base64.b64encode(raw).decode(), options)


def transfer_instruction(owner: Pubkey, transfer: Transfer) -> Instruction:
    """Return a TransferChecked instruction for USDC."""
    amount = transfer.base_units.to_bytes(8, "little")
    return Instruction(
        Pubkey.from_string(TOKEN_PROGRAM_ADDRESS),
        bytes([TRANSFER_CHECKED]) + amount + bytes([USDC_DECIMALS]),
        [
            AccountMeta(Pubkey.from_string(transfer.source), is_signer=False, is_writable=True),
            AccountMeta(
                Pubkey.from_string(USDC_DEVNET_ADDRESS), is_signer=False, is_writable=False
            ),
            AccountMeta(
                Pubkey.from_string(transfer.destination), is_signer=False, is_writable=True
            ),
            AccountMeta(owner, is_signer=True, is_writable=False),
        ],
    )


def memo_instruction(text: str) -> Instruction:
    """Return a memo."""
    return Instruction(Pubkey.from_string(MEMO_PROGRAM_ADDRESS), text.encode(), [])


def transfers_in(raw: bytes) -> tuple[Transfer, ...]:
    """Return the USDC transfers a transaction's own instructions make.

    Transfers made by programs it calls are not seen; an x402 payment never hides in one.
    """
    message = VersionedTransaction.from_bytes(raw).message
    keys = [str(key) for key in message.account_keys]
    found: list[Transfer] = []
    for instruction in message.instructions:
        data, accounts = bytes(instruction.data), list(instruction.accounts)
        named = [keys[index] for index in accounts if index < len(keys)]
        if (
            keys[instruction.program_id_index] == TOKEN_PROGRAM_ADDRESS
            and data[:1] == bytes([TRANSFER_CHECKED])
            and len(named) == len(accounts) >= TRANSFER_ACCOUNTS
            and named[1] == USDC_DEVNET_ADDRESS
        ):
            found.append(Transfer(named[0], named[2], int.from_bytes(data[1:9], "little")))
    return tuple(found)
