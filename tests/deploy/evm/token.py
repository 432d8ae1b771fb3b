"""Calls of the token, encoded, and authorizations signed by the package's own client."""

from typing import Any

from eth_abi.abi import encode
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from deploy.evm.contracts import USDC
from tests.deploy.evm.chain import EvmNode


def call(signature: str, *values: Any) -> bytes:
    types = signature[signature.index("(") + 1 : -1]
    return bytes(keccak(text=signature)[:4]) + encode(types.split(",") if types else [], values)


def allowance(node: EvmNode, owner: str, spender: str) -> int:
    return int.from_bytes(node.call(USDC, call("allowance(address,address)", owner, spender)))


def domain(node: EvmNode, contract: str = USDC) -> dict[str, Any]:
    chain_id = int(node.local.ask("eth_chainId"), 16)
    return {"name": "USDC", "version": "2", "chainId": chain_id, "verifyingContract": contract}


def signed(
    account: LocalAccount, domain_data: dict[str, Any], data: dict[str, Any]
) -> tuple[int, bytes, bytes]:
    """Sign typed data of one type; return v, r, s."""
    made = account.sign_typed_data(domain_data, data["types"], data["message"])
    return made.v, made.r.to_bytes(32), made.s.to_bytes(32)
