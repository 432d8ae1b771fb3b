"""What a Solana node must show for a receipt: the transaction, and the money that moved in it."""

from typing import Any, Final

from domain.payments import Receipt
from starter.verifying.node import Node, readable

_REFERENCE_CHARACTERS: Final = 32
"""A CAIP-2 id names the beginning of the genesis hash. Source: CAIP-2, namespace solana."""

_ASK: Final = "getTransaction"


def svm_network_problem(node: Node, network: str) -> str | None:
    """Say whether the node serves another network than it is asked about."""
    genesis = str(node.ask("getGenesisHash"))
    if network == f"solana:{genesis[:_REFERENCE_CHARACTERS]}":
        return None
    return f"the node serves solana:{genesis[:_REFERENCE_CHARACTERS]}, not {network}"


def svm_problem(node: Node, receipt: Receipt) -> str | None:
    """Say what of ``receipt`` the chain does not show, if anything.

    Raises:
        UpstreamUnavailable: The node does not answer.
    """
    found = _transaction(node, receipt.transaction)
    if found is None:
        return "the chain has no such transaction"
    with readable(_ASK):
        meta, slot, when = found["meta"], int(found["slot"]), found.get("blockTime")
        deltas = _deltas(meta)
        failed = meta["err"] is not None
    if failed:
        return "the transaction failed; it moved nothing"
    if slot != receipt.slot:
        return f"the transaction is in slot {slot}, the receipt says {receipt.slot}"
    if receipt.block_time is not None and when != int(receipt.block_time.timestamp()):
        return "the transaction is from another time than the receipt says"
    mint, units = receipt.amount.asset.address, receipt.amount.base_units
    if deltas.get((receipt.pay_to, mint), 0) < units:
        return f"{receipt.pay_to} did not get {receipt.amount} in it"
    if deltas.get((receipt.payer, mint), 0) > -units:
        return f"{receipt.payer} did not pay {receipt.amount} in it"
    return None


def _transaction(node: Node, signature: str) -> Any | None:  # noqa: ANN401 - JSON
    for commitment in ("finalized", "confirmed"):
        options = {
            "encoding": "base64",
            "commitment": commitment,
            "maxSupportedTransactionVersion": 0,
        }
        found = node.ask(_ASK, signature, options)
        if found is not None:
            return found
    return None


def _deltas(meta: Any) -> dict[tuple[str, str], int]:  # noqa: ANN401 - JSON
    """Change in base units by owner and mint."""
    deltas: dict[tuple[str, str], int] = {}
    for sign, balances in ((-1, meta["preTokenBalances"]), (1, meta["postTokenBalances"])):
        for balance in balances or []:
            place = (str(balance["owner"]), str(balance["mint"]))
            units = int(balance["uiTokenAmount"]["amount"])
            deltas[place] = deltas.get(place, 0) + sign * units
    return deltas
