"""Drafts are plans only when no rule is broken, and every broken rule has its code."""

import pytest

from domain.errors import MAX_MESSAGE_CHARACTERS
from domain.ids import ListingId, StepId
from domain.limits import MAX_STEPS
from domain.plan import Gate, Item, Step, Undo, Value
from domain.reasons import DraftRefused, ReasonCode
from tests.domain.drafts import FINAL, LISTS, ODD, REFUND, compiled, reasons
from tests.fakes.builders import call, each, listing, output_of, reshape, usdc

MINIMAL: list[tuple[ReasonCode, tuple[Step, ...]]] = [
    (ReasonCode.EMPTY, ()),
    (ReasonCode.TOO_MANY_STEPS, tuple(call(f"s{n}") for n in range(MAX_STEPS + 1))),
    (ReasonCode.BAD_STEP_ID, (call("../../etc"),)),
    (ReasonCode.DUPLICATE_STEP, (call("one"), call("one"))),
    (ReasonCode.CYCLE, (reshape("one", {"x": output_of("one")}),)),
    (ReasonCode.DANGLING_REFERENCE, (reshape("one", {"x": output_of("nowhere")}),)),
    (ReasonCode.UNKNOWN_SERVICE, (call(service=listing("stranger")),)),
    (ReasonCode.MISSING_ARGUMENT, (call(arguments={}),)),
    (
        ReasonCode.UNKNOWN_ARGUMENT,
        (call(arguments={"place": Value(value="Oslo"), "town": Value(value="Oslo")}),),
    ),
    (ReasonCode.TYPE_MISMATCH, (call(arguments={"place": Value(value=7)}),)),
    (ReasonCode.BAD_EXPRESSION, (reshape("one", {}, "a.["),)),
    (
        ReasonCode.BAD_GATE,
        (call("one"), call("two", when=Gate(step=StepId("one"), outcome=True))),
    ),
    (ReasonCode.MISPLACED_ITEM, (call(arguments={"place": Item()}),)),
    (ReasonCode.MISSING_COMPENSATION, (call(undo=None),)),
    (ReasonCode.FALSE_COMPENSATION, (call(service=FINAL, undo=REFUND),)),
    (ReasonCode.UNFIT_ALTERNATE, (call(alternates=(ODD.id,)),)),
    (ReasonCode.NEEDLESS_STEP, (call("one"), call("two"))),
]


@pytest.mark.parametrize(("code", "steps"), MINIMAL, ids=[code for code, _ in MINIMAL])
def test_each_broken_rule_is_refused_with_its_code_alone(
    code: ReasonCode, steps: tuple[Step, ...]
) -> None:
    assert {found for found, _ in reasons(*steps)} == {code}


def test_a_plan_above_the_budget_says_by_how_much() -> None:
    with pytest.raises(DraftRefused, match=r"costs 0\.50 USDC, 0\.10 USDC more than the budget"):
        compiled(call(), budget=usdc("0.40"))
    assert reasons(call(), budget=usdc("0.40")) == [(ReasonCode.OVER_BUDGET, None)]


def test_every_code_has_a_draft_that_is_refused_with_it() -> None:
    # What cannot be read is no draft; its code is for what reads the words of a model.
    compiling = {code for code in ReasonCode if code.value != "unreadable"}

    assert {code for code, _ in MINIMAL} | {ReasonCode.OVER_BUDGET} == compiling


def test_a_plan_of_exactly_the_budget_is_a_plan() -> None:
    assert compiled(call(), budget=usdc("0.50")).estimated_cost == usdc("0.50")


def test_the_budget_counts_a_map_at_its_largest_size() -> None:
    steps = (
        call("names", LISTS),
        each("all", over=output_of("names", "names"), arguments={"place": Item()}, max_items=3),
    )

    assert compiled(*steps, budget=usdc("2.00")).estimated_cost == usdc("2.00")
    assert reasons(*steps, budget=usdc("1.99")) == [(ReasonCode.OVER_BUDGET, None)]


def test_every_broken_rule_of_a_kind_is_said_at_once() -> None:
    found = reasons(
        call("one", undo=None),
        call("two", service=listing("stranger")),
        reshape("three", {"x": output_of("nowhere")}, "]"),
    )

    assert found == [
        (ReasonCode.MISSING_COMPENSATION, "one"),
        (ReasonCode.UNKNOWN_SERVICE, "two"),
        (ReasonCode.DANGLING_REFERENCE, "three"),
        (ReasonCode.BAD_EXPRESSION, "three"),
    ]


def test_a_refusal_of_many_reasons_stays_short_and_keeps_them_all() -> None:
    with pytest.raises(DraftRefused) as refused:
        compiled(*(call(f"s{number}", undo=None) for number in range(100)))

    assert len(refused.value.message) <= MAX_MESSAGE_CHARACTERS
    assert len(refused.value.reasons) == 100
    assert refused.value.message.startswith("[missing_compensation] step s0")


def test_a_cycle_is_said_in_its_order() -> None:
    with pytest.raises(DraftRefused, match="a -> b -> a"):
        compiled(reshape("a", {"x": output_of("b")}), reshape("b", {"x": output_of("a")}))


def test_an_undo_without_words_is_none() -> None:
    silent = Undo(action="none", note="  ")

    assert reasons(call(undo=silent)) == [(ReasonCode.MISSING_COMPENSATION, "weather")]


def test_an_unknown_service_is_not_accused_of_promising_refunds() -> None:
    assert reasons(call(service=listing("stranger"), undo=REFUND)) == [
        (ReasonCode.UNKNOWN_SERVICE, "weather")
    ]


def test_unknown_fallbacks_are_refused_too() -> None:
    assert reasons(call(alternates=(ListingId("GET https://b.example"),))) == [
        (ReasonCode.UNKNOWN_SERVICE, "weather")
    ]


def test_a_fallback_that_takes_something_else_is_refused() -> None:
    assert reasons(call(alternates=(ODD.id,))) == [(ReasonCode.UNFIT_ALTERNATE, "weather")]
