"""Errors: stable codes, bounded text, and retries only where nothing was done."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import errors
from domain.errors import MAX_MESSAGE_CHARACTERS, EngineError, PaymentError
from domain.reasons import DraftRefused


def family(root: type[EngineError]) -> list[type[EngineError]]:
    """``root`` and everything below it in its own module."""
    below = [found for child in root.__subclasses__() for found in family(child)]
    return [one for one in (root, *below) if one.__module__ == errors.__name__]


ALL = family(EngineError)


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [one.code for one in ALL]

    assert len(set(codes)) == len(codes)
    assert all("code" in vars(one) for one in ALL)


def test_a_refused_draft_is_known_by_the_code_of_a_rejected_plan() -> None:
    assert DraftRefused.code == errors.PlanRejected.code


def test_only_what_may_end_by_itself_is_retried() -> None:
    retried = {one.code for one in ALL if one.retryable}

    assert retried == {"payment_unconfirmed", "refund_pending", "upstream_unavailable"}
    assert not any(one.retryable for one in family(PaymentError))


@pytest.mark.parametrize("error", ALL)
def test_retries_begin_soon_and_never_wait_longer_than_the_longest(
    error: type[EngineError],
) -> None:
    assert 0 < error.first_retry_seconds <= error.longest_retry_seconds


@given(text=st.text())
def test_a_message_is_kept_up_to_its_limit(text: str) -> None:
    assert EngineError(text).message == text[:MAX_MESSAGE_CHARACTERS]
    assert len(EngineError(text * 1_000).message) <= MAX_MESSAGE_CHARACTERS


def drawn() -> list[tuple[str, int, bool]]:
    """Names, depths and retries as the tree in the docstring draws them."""
    lines = (errors.__doc__ or "").splitlines()
    found = [re.fullmatch(r" {4}([│├└─ ]*)([A-Z]\w+)( .*)?", line) for line in lines]
    return [
        (match[2], len(match[1]) // 4, (match[3] or "").endswith("(retryable)"))
        for match in found
        if match is not None
    ]


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    path: list[str] = []
    parents: dict[str, str] = {}
    for name, depth, _ in drawn():
        path[depth:] = [name]
        parents[name] = path[depth - 1] if depth else Exception.__name__

    assert len(parents) == len(drawn())
    assert parents == {error.__name__: error.__bases__[0].__name__ for error in ALL}


def test_the_tree_says_which_errors_are_retried() -> None:
    assert {name for name, _, again in drawn() if again} == {
        error.__name__ for error in ALL if error.retryable
    }


def test_nothing_that_is_a_payment_error_may_have_moved_money() -> None:
    unsure = {errors.PaymentUnconfirmed, errors.RefundPending, errors.RecordsDisagree}

    assert not unsure & set(family(PaymentError))
