"""The published Solana client sends to the local chain, and cannot send twice."""

from collections.abc import Callable

import pytest
from solders.keypair import Keypair

from tests.deploy.services.stack import Stack
from tests.interop.clients import NodeProgram

pytestmark = [pytest.mark.stack, pytest.mark.node]

LAMPORTS = 2_000_000
"""Above what a new account must hold."""

FEE_LAMPORTS = 5_000
"""One signature, no priority fee."""

FUNDS_LAMPORTS = 10**9


def test_a_confirmed_transfer_is_notified_and_its_replay_moves_nothing(
    program: Callable[[str], NodeProgram], market: Stack
) -> None:
    chain, payer, recipient = market.node.chain, Keypair(), str(Keypair().pubkey())
    chain.call("requestAirdrop", str(payer.pubkey()), FUNDS_LAMPORTS)
    said = program("confirm.mjs").run(
        *(recipient, str(LAMPORTS)),
        SVM_PRIVATE_KEY=str(payer),
        SVM_RPC_URL=market.node.url,
        SVM_WS_URL=market.node.url.replace("http://", "ws://"),
    )

    assert said["notice"]["value"] == {"err": None}
    assert said["replay"] == "already processed"
    assert said["resent"] == said["signature"]
    assert chain.outcome(said["signature"]) is True
    assert chain.call("getBalance", recipient)["value"] == LAMPORTS
    left = chain.call("getBalance", str(payer.pubkey()))["value"]
    assert left == FUNDS_LAMPORTS - LAMPORTS - FEE_LAMPORTS
