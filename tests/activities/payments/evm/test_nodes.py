"""Nodes that lag, lie, refuse and fall silent prove nothing; several must agree on absence."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from activities.payments.evm.chain import EvmChain
from activities.payments.evm.node import MAX_ANSWER_BYTES
from activities.payments.evm.node import EvmNode as RpcNode
from activities.payments.evm.rail_exact import EvmExactRail
from activities.payments.exchanges import Landed, NeverLands, Outcome, Pending
from activities.records.store import SqlRecords
from activities.records.watch import NodeWatch, Watch
from domain.breakers import FAILURES_TO_OPEN, node_key
from domain.chains import BASE_SEPOLIA
from domain.errors import UpstreamUnavailable
from domain.payments import EvmEvidence
from tests.activities.payments.evm.bench import SELLER, USDC, Bench, low, rpc
from tests.activities.payments.evm.node import EvmNode
from tests.activities.payments.evm.relay import Relay

FALSE = "0x" + "00" * 32

BAD_ANSWERS: dict[str, httpx.Response | Exception] = {
    "silence": httpx.ReadTimeout("late"),
    "refused": httpx.ConnectError("refused"),
    "torn": httpx.RemoteProtocolError("torn"),
    "no json": httpx.Response(200, text="<html>busy</html>"),
    "deep json": httpx.Response(200, text="[" * 200_000),
    "no object": httpx.Response(200, json=[1]),
    "no result": httpx.Response(200, json={"jsonrpc": "2.0", "id": 1}),
    "another's": httpx.Response(200, json={"jsonrpc": "2.0", "id": 9, "result": FALSE}),
    "an error": httpx.Response(200, json={"id": 1, "error": {"code": -32005, "message": "limit"}}),
    "a wordy error": httpx.Response(429, json={"id": 1, "error": "slow down"}),
    "nothing": httpx.Response(200, json={"id": 1, "result": "0x"}),
    "null": httpx.Response(200, json={"id": 1, "result": None}),
    "a number": httpx.Response(200, json={"id": 1, "result": 7}),
    "no hex": httpx.Response(200, json={"id": 1, "result": "0xnothex"}),
    "too short": httpx.Response(200, json={"id": 1, "result": "0x01"}),
    "endless": httpx.Response(200, content=b" " * (MAX_ANSWER_BYTES + 1)),
}


@asynccontextmanager
async def witnessed(node: EvmNode) -> AsyncIterator[tuple[Bench, EvmExactRail, Relay]]:
    """A rail whose node has a witness of its own, behind another relay."""
    second = Relay()
    async with Bench.open(node) as bench, httpx.AsyncClient(transport=second) as http:
        nodes = [rpc(node, bench.http), rpc(node, http)]
        chain = EvmChain(nodes, network=BASE_SEPOLIA, confirmations=1, final_depth=0)
        yield bench, EvmExactRail(chain, asset=USDC, signer=bench.signer), second


@pytest.mark.parametrize("method", ["eth_call", "eth_getBlockByNumber", "eth_chainId"])
@pytest.mark.parametrize("name", BAD_ANSWERS)
async def test_an_answer_that_is_not_clean_proves_nothing(
    bench: Bench, method: str, name: str
) -> None:
    evidence, _ = await bench.signed()
    bench.node.advance_seconds(100)
    async with Bench.open(bench.node) as fresh:
        fresh.relay.raw[method] = BAD_ANSWERS[name]

        with pytest.raises(UpstreamUnavailable):
            await fresh.outcome(evidence)


@pytest.mark.parametrize("name", set(BAD_ANSWERS) - {"null"})
@pytest.mark.parametrize("method", ["eth_getLogs", "eth_getTransactionReceipt"])
async def test_a_payment_whose_events_cannot_be_read_is_neither_proven_nor_ruled_out(
    bench: Bench, method: str, name: str
) -> None:
    evidence, signed = await bench.signed()
    bench.land(signed)
    bench.node.advance_seconds(100)
    bench.relay.raw[method] = BAD_ANSWERS[name]

    with pytest.raises(UpstreamUnavailable):
        await bench.outcome(evidence)


@pytest.mark.parametrize(
    ("method", "lie"), [("eth_getLogs", []), ("eth_getTransactionReceipt", None)]
)
async def test_a_used_nonce_without_its_event_is_a_node_that_lags(
    bench: Bench, method: str, lie: Any
) -> None:
    evidence, signed = await bench.signed()
    bench.land(signed)
    bench.relay.lies[method] = lambda _: lie

    with pytest.raises(UpstreamUnavailable):
        await bench.outcome(evidence)


async def test_a_node_of_another_chain_is_not_believed(bench: Bench) -> None:
    evidence, _ = await bench.signed()
    bench.node.advance_seconds(100)
    async with Bench.open(bench.node) as fresh:
        fresh.relay.lies["eth_chainId"] = lambda _: "0x2105"

        with pytest.raises(UpstreamUnavailable, match="serves chain 0x2105"):
            await fresh.outcome(evidence)


async def test_a_node_that_lags_does_not_turn_a_payment_into_none(bench: Bench) -> None:
    evidence, signed = await bench.signed()
    bench.node.mine(20)
    bench.land(signed)
    bench.node.advance_seconds(100)
    bench.relay.lag_blocks = 10

    assert await bench.outcome(evidence) == Pending()


async def test_a_landed_payment_is_found_on_a_node_that_always_lags(bench: Bench) -> None:
    evidence, signed = await bench.signed()
    bench.land(signed)
    bench.node.advance_seconds(100)
    bench.node.mine(20)
    bench.relay.lag_blocks = 10

    assert isinstance(await bench.outcome(evidence), Landed)


async def test_one_lagging_node_of_many_behind_an_address_rules_nothing_out(bench: Bench) -> None:
    evidence, signed = await bench.signed()
    before = bench.node.ask("eth_getBlockByNumber", "latest", False)
    bench.land(signed)
    bench.node.advance_seconds(100)
    asked: list[Any] = []

    def lagging(params: list[Any]) -> Any:
        """State as of before the payment, unless one exact block is asked for."""
        asked.append(params)
        state = params[1]
        if isinstance(state, dict):
            raise httpx.ReadError("header not found")
        return bench.node.ask("eth_call", params[0], before["number"])

    bench.relay.lies["eth_call"] = lagging

    with pytest.raises(UpstreamUnavailable):
        await bench.outcome(evidence)
    assert any(isinstance(params[1], dict) for params in asked)


async def test_a_node_that_hides_a_payment_is_caught_by_its_witness(node: EvmNode) -> None:
    async with witnessed(node) as (bench, rail, _):
        evidence, signed = await bench.signed()
        bench.land(signed)
        node.advance_seconds(100)
        bench.relay.lies["eth_call"] = lambda _: FALSE
        bench.relay.lies["eth_getLogs"] = lambda _: []

        alone = await bench.outcome(evidence)
        assert isinstance(alone, NeverLands)  # nobody can see through one node that lies well
        with pytest.raises(UpstreamUnavailable):
            await _outcome(rail, evidence)


async def test_a_witness_that_does_not_answer_rules_nothing_out(node: EvmNode) -> None:
    async with witnessed(node) as (bench, rail, witness):
        evidence, _ = await bench.signed()
        node.advance_seconds(100)
        witness.raw["eth_call"] = httpx.ConnectError("refused")

        with pytest.raises(UpstreamUnavailable):
            await _outcome(rail, evidence)


async def test_a_witness_that_lags_rules_nothing_out_yet(node: EvmNode) -> None:
    async with witnessed(node) as (bench, rail, witness):
        evidence, _ = await bench.signed()
        node.advance_seconds(100)
        witness.lag_blocks = 1

        assert await _outcome(rail, evidence) == Pending()
        node.mine(1)
        assert isinstance(await _outcome(rail, evidence), NeverLands)


async def test_a_node_that_keeps_no_old_states_can_rule_a_payment_out(node: EvmNode) -> None:
    async with Bench.open(node, final_depth=200) as bench:
        evidence, _ = await bench.signed()
        node.advance_seconds(100)
        node.mine(300)
        height = int(node.ask("eth_blockNumber"), 16)

        def pruned(params: list[Any]) -> Any:
            state = params[1]
            if isinstance(state, dict):
                block = node.ask("eth_getBlockByHash", state["blockHash"], False)
                if int(block["number"], 16) < height - 128:
                    raise httpx.ReadError("missing trie node")
            return node.ask("eth_call", *params)

        bench.relay.lies["eth_call"] = pruned

        assert isinstance(await bench.outcome(evidence), NeverLands)


async def test_a_clock_that_is_days_ahead_gets_no_signature(bench: Bench) -> None:
    latest = bench.node.ask("eth_getBlockByNumber", "latest", False)
    years = hex(int(latest["timestamp"], 16) + 10**9)
    bench.relay.lies["eth_getBlockByNumber"] = lambda _: {**latest, "timestamp": years}

    with pytest.raises(UpstreamUnavailable, match="newest block"):
        await bench.unsigned()


async def test_errors_never_show_the_nodes_address() -> None:
    async with httpx.AsyncClient() as http:
        lost = RpcNode("http://127.0.0.1:9/secret-key", http, chain_id=84532)

        with pytest.raises(UpstreamUnavailable) as failed:
            await lost.latest()

    assert "secret" not in str(failed.value)


async def _outcome(rail: EvmExactRail, evidence: EvmEvidence) -> Outcome:
    return await rail.outcome(evidence, low(SELLER))


async def test_the_second_node_serves_while_the_first_is_left_alone(
    node: EvmNode, tmp_path: Path
) -> None:
    records = await SqlRecords.open(f"sqlite+aiosqlite:///{tmp_path / 'records.sqlite'}")
    watch, first, second = Watch(records.breakers), Relay(), Relay()
    first.raw["eth_chainId"] = httpx.ConnectError("refused")
    async with (
        httpx.AsyncClient(transport=first) as one,
        httpx.AsyncClient(transport=second) as two,
    ):
        nodes = [
            RpcNode(node.url, http, chain_id=84532, watch=seen)
            for http, seen in (
                (one, NodeWatch(watch, network=BASE_SEPOLIA, url="https://first.example")),
                (two, NodeWatch(watch, network=BASE_SEPOLIA, url="https://second.example")),
            )
        ]
        chain = EvmChain(nodes, network=BASE_SEPOLIA, confirmations=1, final_depth=0)
        for _ in range(FAILURES_TO_OPEN):
            with pytest.raises(UpstreamUnavailable):
                await chain.latest()

        assert (await chain.latest()).number >= 0
        assert await chain.refusal() is None
        (breaker,) = await records.breakers.breakers()
        assert breaker.key == node_key(BASE_SEPOLIA, "https://first.example")

        second.raw["eth_getBlockByNumber"] = httpx.ConnectError("refused")
        for _ in range(FAILURES_TO_OPEN):
            with pytest.raises(UpstreamUnavailable):
                await chain.latest()
        refusal = await chain.refusal()
        assert refusal is not None
        assert "first.example" in refusal
    await records.close()
