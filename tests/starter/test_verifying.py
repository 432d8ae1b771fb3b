"""A book of receipts is checked by itself and against a node, trusting nobody who wrote it."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from eth_utils.crypto import keccak

from domain.catalogue import Terms
from domain.chains import BASE_SEPOLIA, SOLANA_DEVNET, USDC_BASE_SEPOLIA, USDC_DEVNET, Family
from domain.errors import RequestRejected
from domain.ids import digest_bytes
from domain.money import Amount
from domain.payments import Receipt
from domain.receipts import FIRST_LINK, ReceiptBook, ReceiptLine, bound
from starter.exporting import book_csv, write_book
from starter.verifying import evm
from starter.verifying.book import LineChecked, Verdict, read_book
from starter.verifying.checking import check_book
from starter.verifying.node import Node
from tests.starter import samples

PAYER, SELLER = "0x" + "a1" * 20, "0x" + "b2" * 20
HASH, NONCE = "0x" + "c3" * 32, "0x" + "d4" * 32
GENESIS = SOLANA_DEVNET.removeprefix("solana:") + "8jTqBrk"

Answers = dict[str, Any]


def node(answers: Answers, *, status: int = 200) -> Node:
    def reply(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        result = answers[asked["method"]]
        found = result(*asked["params"]) if callable(result) else result
        return httpx.Response(status, json={"jsonrpc": "2.0", "id": 1, "result": found})

    return Node(httpx.Client(transport=httpx.MockTransport(reply)), "http://node.example")


def moved(receipt: Receipt, **changes: Any) -> dict[str, Any]:
    units = receipt.amount.base_units
    return {
        "slot": receipt.slot,
        "blockTime": int(samples.STARTED.timestamp()),
        "meta": {
            "err": None,
            "preTokenBalances": balances(receipt, units, 5),
            "postTokenBalances": balances(receipt, 0, units + 5),
        },
        **changes,
    }


def balances(receipt: Receipt, payer: int, seller: int) -> list[dict[str, Any]]:
    return [
        {
            "owner": owner,
            "mint": receipt.amount.asset.address,
            "uiTokenAmount": {"amount": str(amount)},
        }
        for owner, amount in ((receipt.payer, payer), (receipt.pay_to, seller))
    ]


def solana(**changes: Any) -> Answers:
    def transaction(signature: str, options: dict[str, Any]) -> Any:
        assert options["maxSupportedTransactionVersion"] == 0
        by_name = {samples.receipt(n).transaction: samples.receipt(n) for n in ("volume", "trend")}
        return moved(by_name[signature]) if signature in by_name else None

    return {"getGenesisHash": GENESIS, "getTransaction": transaction, **changes}


def solana_lines(book: ReceiptBook, answers: Answers) -> tuple[LineChecked, ...]:
    return check_book(book, {Family.SVM: node(answers)}).lines


def evm_receipt(**changes: Any) -> Receipt:
    base = samples.receipt("volume").model_copy(
        update={
            "amount": Amount(asset=USDC_BASE_SEPOLIA, base_units=100_000),
            "network": BASE_SEPOLIA,
            "pay_to": SELLER,
            "payer": PAYER,
            "transaction": HASH,
            "piece": NONCE,
        }
    )
    return base.model_copy(update=changes)


def evm_book(receipt: Receipt) -> ReceiptBook:
    terms = Terms(
        x402_version=2,
        scheme=receipt.scheme,
        network=receipt.network,
        asset=receipt.amount.asset.address,
        base_units=receipt.amount.base_units,
        pay_to=receipt.pay_to,
        max_timeout_seconds=60,
    )
    line = bound(
        receipt,
        number=1,
        workflow_id=f"run/{samples.RUN}",
        url="https://dex-volume.example/x",
        terms=terms,
        quoted_at=samples.STARTED,
        order_digest=digest_bytes(b"order"),
        before=FIRST_LINK,
    )
    return ReceiptBook(whole=True, exported_at=samples.STARTED, lines=(line,))


def topic(address: str) -> str:
    return "0x" + "0" * 24 + address[2:]


def base(**changes: Any) -> Answers:
    token = USDC_BASE_SEPOLIA.address
    transfer = {
        "address": token,
        "topics": [evm._TRANSFER, topic(PAYER), topic(SELLER)],
        "data": hex(100_000),
    }
    used = {
        "address": token,
        "topics": [evm._AUTHORIZATION_USED, topic(PAYER), NONCE],
        "data": "0x",
    }
    found = {"status": "0x1", "blockNumber": hex(77), "logs": [used, transfer], **changes}
    return {
        "eth_chainId": hex(84532),
        "eth_getTransactionReceipt": found,
        "eth_getBlockByNumber": {"timestamp": hex(int(samples.STARTED.timestamp()))},
    }


def on_base(receipt: Receipt, answers: Answers) -> LineChecked:
    (line,) = check_book(evm_book(receipt), {Family.EVM: node(answers)}).lines
    return line


def test_a_true_book_is_proven_line_by_line(tmp_path: Path) -> None:
    file = tmp_path / "book.json"
    write_book(samples.book("volume", "trend"), file)

    checked = check_book(read_book(file), {Family.SVM: node(solana())})

    assert checked.ok
    assert [line.verdict for line in checked.lines] == [Verdict.PROVEN] * 2
    assert checked.problems == ()


def test_a_line_that_was_changed_breaks_the_book_even_where_the_chain_agrees() -> None:
    book = samples.book("volume", "trend")
    forged = book.lines[1].model_copy(update={"url": "https://other.example"})
    book = book.model_copy(update={"lines": (book.lines[0], forged)})

    checked = check_book(book, {Family.SVM: node(solana())})

    assert not checked.ok
    assert checked.problems == ("line 2 was changed after it was written",)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"slot": 78}, "in slot 78"),
        ({"blockTime": 1}, "another time"),
        ({"meta": {"err": {"x": 1}, "preTokenBalances": [], "postTokenBalances": []}}, "failed"),
        ({"meta": {"err": None, "preTokenBalances": [], "postTokenBalances": []}}, "did not get"),
    ],
)
def test_a_solana_transaction_that_is_another_refutes_its_line(
    change: dict[str, Any], why: str
) -> None:
    answers = solana(getTransaction=moved(samples.receipt("volume"), **change))

    (line,) = solana_lines(samples.book("volume"), answers)

    assert line.verdict is Verdict.REFUTED
    assert why in line.why


def test_money_that_came_from_somebody_else_refutes_its_line() -> None:
    receipt = samples.receipt("volume")
    units = receipt.amount.base_units
    meta = {
        "err": None,
        "preTokenBalances": balances(receipt, units, 0),
        "postTokenBalances": balances(receipt, units, units),
    }

    (line,) = solana_lines(samples.book("volume"), solana(getTransaction=moved(receipt, meta=meta)))

    assert "did not pay" in line.why


def test_a_transaction_that_only_is_confirmed_counts_and_one_that_is_not_there_does_not() -> None:
    def confirmed(signature: str, options: dict[str, Any]) -> Any:
        assert signature
        early = options["commitment"] == "finalized"
        return None if early else moved(samples.receipt("volume"))

    (young,) = solana_lines(samples.book("volume"), solana(getTransaction=confirmed))
    (missing,) = solana_lines(samples.book("volume"), solana(getTransaction=None))

    assert young.verdict is Verdict.PROVEN
    assert (missing.verdict, missing.why) == (
        Verdict.REFUTED,
        "the chain has no such transaction",
    )


@pytest.mark.parametrize(
    "answers",
    [
        solana(getGenesisHash="5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d"),
        solana(getTransaction={"unexpected": True}),
        solana(getTransaction=[1]),
    ],
)
def test_a_node_of_another_chain_or_of_garbage_proves_and_refutes_nothing(answers: Answers) -> None:
    (line,) = solana_lines(samples.book("volume"), answers)

    assert line.verdict is Verdict.NOT_ASKED


def test_a_node_that_fails_is_not_taken_for_an_answer_and_its_address_is_not_told() -> None:
    failing = Node(
        httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(503))),
        "http://node.example/secret-key",
    )

    (line,) = check_book(samples.book("volume"), {Family.SVM: failing}).lines

    assert line.verdict is Verdict.NOT_ASKED
    assert "secret-key" not in line.why


def test_a_book_with_a_network_nobody_was_asked_about_is_not_proven() -> None:
    checked = check_book(samples.book("volume"), {Family.EVM: node(base())})

    assert not checked.ok
    assert "no node of solana:" in checked.lines[0].why


def test_an_evm_payment_is_proven_by_the_tokens_own_events() -> None:
    assert on_base(evm_receipt(), base()).verdict is Verdict.PROVEN
    assert on_base(evm_receipt(scheme="upto"), base()).verdict is Verdict.PROVEN
    assert on_base(evm_receipt(scheme="batch-settlement"), base()).verdict is Verdict.PROVEN


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"status": "0x0"}, "failed"),
        ({"blockNumber": hex(78)}, "in block 78"),
        ({"logs": []}, "did not pay"),
    ],
)
def test_an_evm_transaction_that_is_another_refutes_its_line(
    change: dict[str, Any], why: str
) -> None:
    line = on_base(evm_receipt(), base(**change))

    assert line.verdict is Verdict.REFUTED
    assert why in line.why


def test_lookalike_events_of_another_contract_prove_nothing() -> None:
    logs = base()["eth_getTransactionReceipt"]["logs"]
    foreign = [{**log, "address": "0x" + "ee" * 20} for log in logs]

    assert on_base(evm_receipt(), base(logs=foreign)).verdict is Verdict.REFUTED


def test_a_transfer_under_another_authorization_is_not_this_payment() -> None:
    line = on_base(evm_receipt(piece="0x" + "55" * 32), base())

    assert "was not used in it" in line.why


@pytest.mark.parametrize(
    "change",
    [
        {"pay_to": "0x" + "99" * 20},
        {"scheme": "upto"},
        {"amount": Amount(asset=USDC_BASE_SEPOLIA, base_units=100_001)},
        {"amount": Amount(asset=USDC_DEVNET, base_units=100_000)},
        {
            "amount": Amount(
                asset=USDC_BASE_SEPOLIA.model_copy(update={"decimals": 2}), base_units=1
            )
        },
    ],
)
def test_a_line_that_contradicts_its_own_terms_is_refuted_without_asking(
    change: dict[str, Any],
) -> None:
    honest = evm_book(evm_receipt()).lines[0]
    line = relined(honest, honest.receipt.model_copy(update=change))
    book = ReceiptBook(whole=True, exported_at=samples.STARTED, lines=(line,))

    (checked,) = check_book(book, {}).lines

    assert checked.verdict is Verdict.REFUTED


def relined(line: ReceiptLine, receipt: Receipt) -> ReceiptLine:
    return bound(
        receipt,
        number=1,
        workflow_id=line.workflow_id,
        url=line.url,
        terms=line.terms,
        quoted_at=line.quoted_at,
        order_digest=line.order_digest,
        before=FIRST_LINK,
    )


def test_the_events_are_the_standards() -> None:
    events: list[tuple[str, str]] = [
        (evm._TRANSFER, "Transfer(address,address,uint256)"),
        (evm._AUTHORIZATION_USED, "AuthorizationUsed(address,bytes32)"),
    ]

    for known, text in events:
        assert known == "0x" + keccak(text=text).hex()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{}", "is no book of receipts"),
        ("not json", "is no book of receipts"),
        ('{"format": "caravan-receipts/2"}', "format"),
    ],
)
def test_a_file_that_is_no_book_is_refused_as_such(tmp_path: Path, content: str, why: str) -> None:
    file = tmp_path / "book.json"
    file.write_text(content)

    with pytest.raises(RequestRejected, match=why):
        read_book(file)


def test_a_table_for_people_is_not_taken_for_proof(tmp_path: Path) -> None:
    with pytest.raises(RequestRejected, match=r"only the \.json export"):
        read_book(tmp_path / "book.csv")


def test_nothing_in_the_table_is_a_formula() -> None:
    book = samples.book("volume")

    for url in ("=HYPERLINK(1)", "+1", "-1", "@x"):
        line = book.lines[0].model_copy(update={"url": url})
        head, row = book_csv(book.model_copy(update={"lines": (line,)})).splitlines()
        assert head.startswith("number,block_time,run")
        assert f"'{url}" in row


def test_a_book_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "new" / "book.json"

    write_book(samples.book("volume"), file)

    assert read_book(file) == samples.book("volume")
    assert [path.name for path in file.parent.iterdir()] == ["book.json"]
