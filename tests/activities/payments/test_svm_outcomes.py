"""Nodes that lie, leave things out or answer garbage, before the truth of a real chain."""

import base64
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from solders.keypair import Keypair
from solders.signature import Signature
from solders.transaction import VersionedTransaction

from activities.payments.exchanges import Landed, NeverLands, Outcome, Pending, Unsigned
from domain.errors import UpstreamUnavailable
from tests.activities.payments.svm_bench import (
    CHALLENGE,
    KEY,
    OTHER_KEY,
    OWN,
    SELLER,
    Bench,
    Liar,
    demand,
    receipt,
    svm,
)

LISTING, SHOWING = "getSignaturesForAddress", "getTransaction"


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with Bench.open() as opened:
        yield opened


@pytest.fixture
async def liar(bench: Bench) -> AsyncIterator[Liar]:
    lying = Liar(bench.server.rpc_url)
    yield lying
    await lying.close()


async def outcome(
    bench: Bench, liar: Liar, unsigned: Unsigned, *, hint: str | None = None
) -> Outcome:
    """Ask a rail that has only the lying node."""
    rail = bench.rail_over(liar.chain)
    return await rail.outcome(unsigned.evidence, str(SELLER.pubkey()), hint=hint)


async def witnessed(bench: Bench, liar: Liar, unsigned: Unsigned) -> Outcome:
    """Ask a rail whose node lies and that has an honest witness."""
    rail = bench.rail_over(liar.chain, bench.chain)
    return await rail.outcome(unsigned.evidence, str(SELLER.pubkey()))


def result(**fields: Any) -> Callable[[Any], Any]:
    return lambda answer: {**answer, "result": {**answer["result"], **fields}}


def nothing(answer: Any) -> Any:
    return {**answer, "result": []}


def with_signatures(change: Callable[[list[Signature]], list[Signature]]) -> Callable[[Any], Any]:
    """Make of the shown transaction one with other signatures."""

    def told(answer: Any) -> Any:
        wire = base64.b64decode(answer["result"]["transaction"][0])
        true = VersionedTransaction.from_bytes(wire)
        made = VersionedTransaction.populate(true.message, change(true.signatures))
        text = base64.b64encode(bytes(made)).decode()
        return {**answer, "result": {**answer["result"], "transaction": [text, "base64"]}}

    return told


def without_money(answer: Any) -> Any:
    meta = {**answer["result"]["meta"], "preTokenBalances": [], "postTokenBalances": []}
    return result(meta=meta)(answer)


def other_money(answer: Any) -> Any:
    meta = answer["result"]["meta"]
    return result(meta={**meta, "postTokenBalances": meta["preTokenBalances"]})(answer)


async def test_a_node_that_hides_a_payment_is_overruled_by_a_witness(
    bench: Bench, liar: Liar
) -> None:
    unsigned = await bench.prepared()
    transaction = await bench.land(unsigned)
    bench.pass_slots(200)
    liar.lies[LISTING] = nothing

    assert isinstance(await outcome(bench, liar, unsigned), NeverLands)
    shown = await witnessed(bench, liar, unsigned)
    assert isinstance(shown, Landed)
    assert shown.transaction == transaction


async def test_a_payment_never_lands_only_if_every_node_says_so(bench: Bench, liar: Liar) -> None:
    unsigned = await bench.prepared()
    bench.pass_slots(200)

    assert isinstance(await witnessed(bench, liar, unsigned), NeverLands)
    liar.lies["getEpochInfo"] = result(blockHeight=1)
    assert await witnessed(bench, liar, unsigned) == Pending()
    liar.lies["getEpochInfo"] = lambda _: "<html>busy</html>"
    with pytest.raises(UpstreamUnavailable):
        await witnessed(bench, liar, unsigned)


async def test_a_silent_witness_holds_up_neither_presence_nor_waiting(
    bench: Bench, liar: Liar
) -> None:
    unsigned = await bench.prepared()
    liar.lies |= dict.fromkeys(("getEpochInfo", LISTING, SHOWING), lambda _: "no json")

    assert await witnessed(bench, liar, unsigned) == Pending()
    await bench.land(unsigned)
    assert isinstance(await witnessed(bench, liar, unsigned), Landed)


async def test_a_node_without_memos_hides_no_payment(bench: Bench, liar: Liar) -> None:
    unsigned = await bench.prepared()
    await bench.land(unsigned)
    bench.pass_slots(200)
    liar.lies[LISTING] = lambda answer: {
        **answer,
        "result": [{**row, "memo": None} for row in answer["result"]],
    }

    assert isinstance(await outcome(bench, liar, unsigned), Landed)


@pytest.mark.parametrize(
    "change",
    [
        lambda _: [],
        lambda signatures: signatures[:1],
        lambda signatures: [signatures[0], Signature.default()],
        lambda signatures: [signatures[0], signatures[0]],
    ],
)
async def test_our_message_without_its_signatures_is_no_presence(
    bench: Bench, liar: Liar, change: Callable[[list[Signature]], list[Signature]]
) -> None:
    unsigned = await bench.prepared()
    named = await bench.land(unsigned)
    liar.lies[SHOWING] = with_signatures(change)

    with pytest.raises(UpstreamUnavailable):
        await outcome(bench, liar, unsigned)
    with pytest.raises(UpstreamUnavailable):
        await outcome(bench, liar, unsigned, hint=named)


@pytest.mark.parametrize("told", [without_money, other_money])
async def test_our_message_without_money_moving_is_no_presence(
    bench: Bench, liar: Liar, told: Callable[[Any], Any]
) -> None:
    unsigned = await bench.prepared()
    await bench.land(unsigned)
    liar.lies[SHOWING] = told

    with pytest.raises(UpstreamUnavailable):
        await outcome(bench, liar, unsigned)


async def test_a_payment_made_up_from_signed_bytes_is_no_presence(bench: Bench, liar: Liar) -> None:
    """The seller's own node may know the bytes, and show them without any facilitator's name."""
    rival = await bench.prepared(key=OTHER_KEY)
    landed = await bench.land(rival)
    unsigned = await bench.prepared()
    signed = await bench.signed(unsigned)
    mine = base64.b64encode(base64.b64decode(str(signed.payload["transaction"]))).decode()
    liar.lies[SHOWING] = result(transaction=[mine, "base64"])
    liar.lies[LISTING] = lambda answer: {
        **answer,
        "result": [{**row, "memo": svm(unsigned).memo} for row in answer["result"]],
    }

    with pytest.raises(UpstreamUnavailable):
        await outcome(bench, liar, unsigned)
    assert await bench.outcome(unsigned, hint=landed) == Pending()


GARBAGE: dict[str, Callable[[Any], Any]] = {
    "no json": lambda _: "<html>busy</html>",
    "deep json": lambda _: "[" * 100_000,
    "null": lambda answer: {**answer, "result": None},
    "a number": lambda answer: {**answer, "result": 7},
    "text": lambda answer: {**answer, "result": "soon"},
    "an empty object": lambda answer: {**answer, "result": {}},
    "an error": lambda answer: {"jsonrpc": "2.0", "id": answer["id"], "error": {"code": -32005}},
    "nothing at all": lambda _: "",
}


@pytest.mark.parametrize("kind", sorted(GARBAGE))
@pytest.mark.parametrize("method", ["getEpochInfo", LISTING])
async def test_garbage_is_never_an_outcome(
    bench: Bench, liar: Liar, method: str, kind: str
) -> None:
    unsigned = await bench.prepared()
    await bench.land(unsigned)
    bench.pass_slots(200)
    liar.lies[method] = GARBAGE[kind]

    with pytest.raises(UpstreamUnavailable):
        await outcome(bench, liar, unsigned)


def strange_amounts(answer: Any) -> Any:
    meta = answer["result"]["meta"]
    rows = [
        {**row, "uiTokenAmount": {**row["uiTokenAmount"], "amount": "much"}}
        for row in meta["postTokenBalances"]
    ]
    return result(meta={**meta, "postTokenBalances": rows})(answer)


@pytest.mark.parametrize(
    "told",
    [
        *(GARBAGE[kind] for kind in sorted(GARBAGE) if kind != "null"),
        strange_amounts,
        result(blockTime=2**62),
        result(blockTime=-(2**62)),
        result(meta=None),
        result(transaction=["", "base64"]),
        result(transaction=["AAAA", "base64"]),
        result(transaction={"signatures": [], "message": {}}),
    ],
)
async def test_a_transaction_that_cannot_be_read_is_never_an_outcome(
    bench: Bench, liar: Liar, told: Callable[[Any], Any]
) -> None:
    unsigned = await bench.prepared()
    await bench.land(unsigned)
    bench.pass_slots(200)
    liar.lies[SHOWING] = told

    with pytest.raises(UpstreamUnavailable):
        await outcome(bench, liar, unsigned)


async def test_a_listed_payment_that_the_node_does_not_show_is_not_absent(
    bench: Bench, liar: Liar
) -> None:
    unsigned = await bench.prepared()
    await bench.land(unsigned)
    bench.pass_slots(200)
    liar.lies[SHOWING] = GARBAGE["null"]

    with pytest.raises(UpstreamUnavailable):
        await outcome(bench, liar, unsigned)


async def test_a_hint_that_nobody_can_read_does_not_stop_the_search(
    bench: Bench, liar: Liar
) -> None:
    unsigned = await bench.prepared()
    asked: list[str] = []

    def unreadable_at_first(answer: Any) -> Any:
        asked.append(SHOWING)
        return "no json" if len(asked) == 1 else answer

    await bench.land(unsigned)
    liar.lies[SHOWING] = unreadable_at_first
    named = str(Keypair().sign_message(b"of an unknown version"))

    assert isinstance(await outcome(bench, liar, unsigned, hint=named), Landed)
    assert len(asked) == 2


async def test_a_node_cannot_shorten_the_time_in_which_a_payment_may_land(
    bench: Bench, liar: Liar
) -> None:
    blockhash = bench.server.chain.latest_blockhash()[0]

    def short_lived(answer: Any) -> Any:
        told = answer["result"]
        value = {"blockhash": str(blockhash), "lastValidBlockHeight": 1}
        context = {**told["context"], "slot": told["context"]["slot"] + 100}
        return {**answer, "result": {"context": context, "value": value}}

    liar.lies["getLatestBlockhash"] = short_lived
    rail = bench.rail_over(liar.chain, bench.chain)
    unsigned = await rail.prepare(demand(), CHALLENGE, key=KEY, payer=OWN)

    assert await rail.outcome(unsigned.evidence, str(SELLER.pubkey())) == Pending()
    await bench.land(unsigned)
    bench.pass_slots(1_000)
    assert isinstance(await rail.outcome(unsigned.evidence, str(SELLER.pubkey())), Landed)


async def test_nothing_is_signed_while_a_witness_is_silent(bench: Bench, liar: Liar) -> None:
    liar.lies["getLatestBlockhash"] = GARBAGE["no json"]
    rail = bench.rail_over(bench.chain, liar.chain)

    with pytest.raises(UpstreamUnavailable):
        await rail.prepare(demand(), CHALLENGE, key=KEY, payer=OWN)


async def test_a_payment_without_its_signatures_proves_no_receipt_and_no_refund(
    bench: Bench, liar: Liar
) -> None:
    paid = receipt(await bench.land(await bench.prepared()))
    rail = bench.rail_over(liar.chain)
    assert await rail.proves(paid)

    liar.lies[SHOWING] = with_signatures(lambda signatures: [signatures[0], Signature.default()])

    with pytest.raises(UpstreamUnavailable):
        await rail.proves(paid)
    with pytest.raises(UpstreamUnavailable):
        await rail.inbound_refunds(receipt(str(Signature.default())))
