"""The book of receipts shows whatever was done to it."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.chains import BASE_SEPOLIA
from domain.ids import Digest, digest_json
from domain.receipts import FIRST_LINK, ReceiptBook, ReceiptLine, book_problems, line_digest
from tests.fakes.builders import (
    NOW,
    evm_terms,
    key,
    receipt,
    receipt_book,
    receipt_line,
    terms,
    usdc,
)

BOOK = receipt_book(5)
POSITIONS = st.integers(0, len(BOOK.lines) - 1)


def with_lines(*lines: ReceiptLine, whole: bool = True) -> ReceiptBook:
    return BOOK.model_copy(update={"lines": lines, "whole": whole})


def rebound(*lines: ReceiptLine) -> ReceiptBook:
    """A book whose writer bound ``lines`` anew, as whoever forges one would."""
    written: list[ReceiptLine] = []
    for number, line in enumerate(lines, start=1):
        before = written[-1].digest if written else FIRST_LINK
        fields = {name: getattr(line, name) for name in type(line).model_fields}
        del fields["digest"]
        written.append(receipt_line(**fields | {"number": number, "before": before}))
    return with_lines(*written)


@pytest.mark.parametrize("size", [0, 1, 5])
def test_a_book_as_it_was_written_has_no_problems(size: int) -> None:
    assert book_problems(receipt_book(size)) == ()


def test_a_book_survives_json() -> None:
    read = ReceiptBook.model_validate_json(BOOK.model_dump_json())

    assert read == BOOK
    assert book_problems(read) == ()


@pytest.mark.parametrize("byte", b'0 1a"-')
def test_a_changed_byte_anywhere_is_found_or_means_the_same(byte: int) -> None:
    line = receipt_line(1)
    text = line.model_dump_json().encode()
    found = 0
    for at in range(len(text)):
        try:
            read = ReceiptLine.model_validate_json(text[:at] + bytes([byte]) + text[at + 1 :])
        except ValidationError:
            found += 1
            continue
        # A space for the "T" in a date is another byte and the same date.
        problems = book_problems(with_lines(read))
        assert (problems == ()) is (read == line)
        found += bool(problems)

    assert found > len(text) // 4


@pytest.mark.parametrize(
    "change",
    [
        {"number": 2},
        {"receipt": receipt(9)},
        {"workflow_id": "run/other"},
        {"url": "https://other.example"},
        {"terms": terms(base_units=1)},
        {"quoted_at": NOW + timedelta(microseconds=1)},
        {"order_digest": digest_json("other")},
        {"before": digest_json("other")},
        {"digest": digest_json("other")},
    ],
)
@given(at=POSITIONS)
def test_a_line_that_was_changed_is_found(at: int, change: dict[str, Any]) -> None:
    lines = list(BOOK.lines)
    lines[at] = lines[at].model_copy(update=change)
    unchanged = lines[at] == BOOK.lines[at]

    problems = book_problems(with_lines(*lines))

    assert (problems == ()) is unchanged


def test_every_field_of_a_line_is_in_its_digest() -> None:
    line = receipt_line(1)

    assert line_digest(line) == line.digest
    assert line_digest(line.model_copy(update={"digest": FIRST_LINK})) == line.digest
    others: dict[str, object] = dict.fromkeys(type(line.receipt).model_fields, "other")
    others |= {"amount": usdc("9"), "slot": 9, "block_time": None}
    for name, other in others.items():
        altered = line.receipt.model_copy(update={name: other})
        assert line_digest(line.model_copy(update={"receipt": altered})) != line.digest


@given(at=st.integers(0, len(BOOK.lines) - 2))
def test_a_line_that_was_removed_is_found(at: int) -> None:
    lines = BOOK.lines[:at] + BOOK.lines[at + 1 :]

    assert f"line {at + 1} is missing" in "".join(book_problems(with_lines(*lines)))


@given(at=st.integers(0, len(BOOK.lines) - 2))
def test_a_line_that_was_removed_and_renumbered_is_found(at: int) -> None:
    left = BOOK.lines[:at] + BOOK.lines[at + 1 :]
    renumbered = [
        receipt_line(number, line.before, receipt=line.receipt, order_digest=line.order_digest)
        for number, line in enumerate(left, start=1)
    ]

    assert f"line {at + 1} does not follow" in "".join(book_problems(with_lines(*renumbered)))


@pytest.mark.parametrize("whole", [True, False])
@given(data=st.data())
def test_lines_that_changed_places_are_found(data: st.DataObject, *, whole: bool) -> None:
    order = data.draw(st.permutations(range(len(BOOK.lines))))
    lines = [BOOK.lines[at] for at in order]

    problems = book_problems(with_lines(*lines, whole=whole))

    assert (problems == ()) is (order == sorted(order))


@pytest.mark.parametrize("whole", [True, False])
@given(at=POSITIONS, to=POSITIONS)
def test_a_line_that_stands_twice_is_found(at: int, to: int, *, whole: bool) -> None:
    lines = list(BOOK.lines)
    lines.insert(to, lines[at])

    problems = "".join(book_problems(with_lines(*lines, whole=whole)))

    assert "claim the same transaction" in problems


@given(wanted=st.sets(POSITIONS))
def test_the_lines_of_one_run_are_a_book_of_their_own(wanted: set[int]) -> None:
    lines = [BOOK.lines[at] for at in sorted(wanted)]

    assert book_problems(with_lines(*lines, whole=False)) == ()


def test_neighbours_in_a_part_of_a_book_follow_each_other() -> None:
    forged = receipt_line(3, digest_json("another line 2"))

    problems = book_problems(with_lines(BOOK.lines[1], forged, BOOK.lines[4], whole=False))

    assert problems == ("line 3 does not follow line 2",)


def test_one_transaction_claimed_twice_is_found_whoever_bound_the_lines() -> None:
    again = receipt_line(2, receipt=receipt(2, transaction="transaction-1"))

    assert book_problems(rebound(receipt_line(1), again)) == (
        "lines 1 and 2 claim the same transaction",
    )


def test_one_evm_transaction_in_two_cases_is_the_same() -> None:
    lines = [
        receipt_line(n, receipt=receipt(n, network=BASE_SEPOLIA, transaction=name))
        for n, name in ((1, "0xab"), (2, "0xAB"))
    ]

    assert book_problems(rebound(*lines)) == ("lines 1 and 2 claim the same transaction",)


def test_one_payment_made_by_two_transactions_is_found() -> None:
    again = receipt_line(2, receipt=receipt(2, key=key(1)))

    assert book_problems(rebound(receipt_line(1), again)) == (
        "lines 1 and 2 are one payment twice",
    )


def test_pieces_of_one_transaction_are_payments_of_their_own() -> None:
    lines = [
        receipt_line(
            n,
            terms=evm_terms(scheme="batch-settlement"),
            receipt=receipt(n, scheme="batch-settlement", transaction="0xab", piece=str(n)),
        )
        for n in (1, 2)
    ]

    assert book_problems(rebound(*lines)) == ()


@pytest.mark.parametrize("change", [{"note": "x"}, {"format": "caravan-receipts/2"}])
def test_a_book_of_another_format_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ReceiptBook.model_validate(BOOK.model_dump(mode="json") | change)


def test_a_first_line_is_bound_to_nothing_else() -> None:
    assert Digest("0" * 64) == FIRST_LINK
    stray = receipt_line(1, digest_json("an older book"))

    assert book_problems(with_lines(stray)) == ("line 1 does not follow line 0",)
