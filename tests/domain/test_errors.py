"""Errors: stable codes, bounded text, and retries only where nothing was done."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import errors
from domain.compiler import DraftRefused
from domain.errors import MAX_MESSAGE_CHARACTERS, EngineError, PaymentError


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


def test_the_tree_in_the_docstring_names_every_error() -> None:
    assert errors.__doc__ is not None
    for error in ALL:
        assert error.__name__ in errors.__doc__
