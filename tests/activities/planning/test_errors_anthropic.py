"""Every failure that the SDK can raise has a meaning of its own."""

import inspect

import anthropic
import pytest

from activities.planning import errors_anthropic
from activities.planning.errors_anthropic import MEANINGS, meaning_of
from activities.planning.ports import DrafterBusy
from domain.errors import EngineError, Misconfigured


def exported_exceptions() -> list[type[anthropic.AnthropicError]]:
    found = {value for _, value in inspect.getmembers(anthropic, inspect.isclass)}
    return sorted(
        (one for one in found if issubclass(one, anthropic.AnthropicError)),
        key=lambda one: one.__name__,
    )


ROOTS = {anthropic.AnthropicError, anthropic.APIError, anthropic.APIStatusError}


@pytest.mark.parametrize("kind", exported_exceptions(), ids=lambda kind: kind.__name__)
def test_every_exception_of_the_sdk_has_a_meaning_of_its_own(
    kind: type[anthropic.AnthropicError],
) -> None:
    raised, advice = meaning_of(kind)

    assert issubclass(raised, EngineError)
    assert advice
    assert kind in ROOTS or any(
        parent in MEANINGS for parent in kind.__mro__ if parent not in ROOTS
    )


def test_a_spend_limit_is_not_waited_for_though_it_looks_like_a_rate_limit() -> None:
    assert meaning_of(anthropic.EnforcedSpendLimitReachedError)[0] is Misconfigured
    assert meaning_of(anthropic.RampLimitExceededError)[0] is DrafterBusy


def test_the_exceptions_of_the_sdk_are_found() -> None:
    assert len(exported_exceptions()) > 20
    assert errors_anthropic.MEANINGS.keys() <= set(exported_exceptions())
