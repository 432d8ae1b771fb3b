"""What the tests of the local chain share: wallets, transactions, raw requests."""

import json
from pathlib import Path
from typing import Any

import httpx
from solders.hash import Hash
from solders.instruction import Instruction
from solders.keypair import Keypair
from solders.message import MessageV0
from solders.pubkey import Pubkey
from solders.system_program import TransferParams, transfer
from solders.transaction import VersionedTransaction

from deploy.localnet.addresses import MEMO_PROGRAM
from deploy.localnet.chain import LocalChain
from deploy.localnet.genesis import Grant, create_fixtures, fund
from deploy.localnet.rpc import Rpc

SOL = 10**9
BUYER = Keypair.from_seed(bytes([1] * 32))
SELLER = Keypair.from_seed(bytes([2] * 32))
GRANTS = (
    Grant(BUYER.pubkey(), 10 * SOL, 100_000_000),
    Grant(SELLER.pubkey(), SOL, 0),
)


def open_chain(state_dir: Path | None = None, **options: Any) -> LocalChain:
    chain = LocalChain(state_dir=state_dir, **{"manual_slots": True, **options})
    create_fixtures(chain)
    fund(chain, GRANTS)
    return chain


def pay(
    blockhash: Hash,
    lamports: int,
    *,
    payer: Keypair = BUYER,
    to: Pubkey | None = None,
    memo: str | None = None,
    extra: tuple[Instruction, ...] = (),
) -> VersionedTransaction:
    target = SELLER.pubkey() if to is None else to
    move = transfer(TransferParams(from_pubkey=payer.pubkey(), to_pubkey=target, lamports=lamports))
    memos = () if memo is None else (Instruction(MEMO_PROGRAM, memo.encode(), []),)
    message = MessageV0.try_compile(payer.pubkey(), [*extra, move, *memos], [], blockhash)
    return VersionedTransaction(message, [payer])


def body(method: str, *params: Any, request_id: Any = 1) -> bytes:
    request = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": list(params)}
    return json.dumps(request).encode()


def ask(rpc: Rpc, method: str, *params: Any) -> Any:
    """Call a method in process and return its result; an error fails the test."""
    reply: Any = rpc.answer(body(method, *params)).body
    assert "error" not in reply, reply["error"]
    return reply["result"]


def ask_error(rpc: Rpc, method: str, *params: Any) -> Any:
    """Call a method in process and return the error it must answer."""
    reply: Any = rpc.answer(body(method, *params)).body
    assert "result" not in reply, reply["result"]
    return reply["error"]


def post(url: str, method: str, *params: Any, timeout: float = 5.0) -> Any:
    """Call a method over HTTP."""
    headers = {"content-type": "application/json"}
    reply = httpx.post(url, content=body(method, *params), headers=headers, timeout=timeout)
    reply.raise_for_status()
    return reply.json()["result"]
