"""Drafts are plans only when no rule is broken, and every broken rule has its code."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain import graph
from domain.catalogue import ServiceListing
from domain.chains import SOLANA_MAINNET, USDC_MAINNET
from domain.compiler import compile_plan
from domain.drafting import Catalogue, Draft
from domain.errors import MAX_MESSAGE_CHARACTERS
from domain.ids import ListingId, StepId
from domain.limits import MAX_STEPS
from domain.money import Amount
from domain.offers import listed_offer
from domain.plan import Gate, Item, PaidStep, Plan, Step, Undo, Value, dependencies
from domain.reasons import DraftRefused, ReasonCode
from domain.schemas import Schema
from tests.fakes.builders import (
    call,
    catalogue,
    decide,
    draft,
    each,
    listing,
    output_of,
    reshape,
    terms,
    usdc,
)

WEATHER = listing()
LISTS = listing(
    "lists",
    output_schema={
        "type": "object",
        "properties": {
            "names": {"type": "array", "items": {"type": "string"}},
            "count": {"type": "integer"},
        },
    },
)
SPARE = listing("spare", output_schema=LISTS.output_schema)
FINAL = listing("final", refund=None)
OPEN = listing("open", input_schema={})
ODD = listing("odd", input_schema={"properties": {"colour": {}}, "required": ["colour"]})
KNOWN = catalogue(WEATHER, LISTS, SPARE, FINAL, OPEN, ODD)
BUDGET = usdc("100.00")

REFUND = Undo(action="refund_claim", note="refund from the seller within 60 min")


def compiled(
    *steps: Step, known: Catalogue = KNOWN, budget: Amount = BUDGET, request: str = "the weather"
) -> Plan:
    return compile_plan(Draft(steps=steps), request=request, catalogue=known, budget=budget)


def reasons(
    *steps: Step, known: Catalogue = KNOWN, budget: Amount = BUDGET
) -> list[tuple[ReasonCode, StepId | None]]:
    with pytest.raises(DraftRefused) as refused:
        compiled(*steps, known=known, budget=budget)
    return [(reason.code, reason.step) for reason in refused.value.reasons]


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


@pytest.mark.parametrize(
    "accepted",
    [
        terms(asset="SomeOtherToken"),
        terms(network=SOLANA_MAINNET),
        terms(network=SOLANA_MAINNET, asset=USDC_MAINNET.address),
    ],
)
def test_a_service_that_cannot_be_paid_from_the_budget_is_not_free(accepted: Any) -> None:
    foreign = listing("foreign", accepts=(accepted,))

    assert listed_offer(foreign, BUDGET).terms is None
    assert reasons(call(service=foreign), known=catalogue(foreign)) == [
        (ReasonCode.UNKNOWN_SERVICE, "weather")
    ]


def test_a_service_that_asks_nothing_is_free() -> None:
    free = listing("free", accepts=())

    plan = compiled(call(service=free), known=catalogue(free), budget=usdc("0"))

    assert plan.offers[0].terms is None
    assert plan.estimated_cost == usdc("0")


def test_an_offer_is_made_at_the_cheapest_terms_in_the_budgets_asset() -> None:
    many = listing(
        accepts=(terms(base_units=9), terms(asset="x", base_units=1), terms(base_units=3))
    )

    made = listed_offer(many, BUDGET)

    assert made.terms == terms(base_units=3)
    assert made.quoted_at is None
    assert (made.name, made.url, made.seconds) == (many.name, many.url, many.seconds)


@pytest.mark.parametrize("path", ["a.[", "", "x" * 2_001, "(" * 900])
def test_paths_into_outputs_must_be_expressions(path: str) -> None:
    assert (ReasonCode.BAD_EXPRESSION, "two") in reasons(
        call("one"), reshape("two", {"x": output_of("one", path)})
    )


def test_a_step_may_not_take_what_its_source_never_produces() -> None:
    steps = (call("one"), call("two", arguments={"place": output_of("one", "town")}))

    with pytest.raises(DraftRefused, match="of one, there is no 'town', only report"):
        compiled(*steps)


def test_outputs_must_fit_the_argument_they_fill() -> None:
    names = call("names", LISTS)
    good = call("two", OPEN, arguments={"anything": output_of("names", "names")})
    bad = call("two", arguments={"place": output_of("names", "count")})

    assert compiled(names, good).steps
    assert reasons(names, bad) == [(ReasonCode.TYPE_MISMATCH, "two")]


def test_what_cannot_be_known_before_the_run_is_let_through() -> None:
    steps = (
        call("names", LISTS),
        reshape("any", {"x": output_of("names")}, "x.names[0]"),
        call("two", arguments={"place": output_of("any")}),
        call("three", arguments={"place": output_of("names", "names[*] | [0]")}),
    )

    assert len(compiled(*steps).steps) == 4


def test_the_output_of_a_conditional_is_a_boolean() -> None:
    steps = (
        call("one"),
        decide("really", {"x": output_of("one")}),
        call("two", arguments={"place": output_of("really")}),
    )

    with pytest.raises(DraftRefused, match="value is boolean, but string is wanted"):
        compiled(*steps)


def test_a_map_goes_over_lists_and_produces_one() -> None:
    names = call("names", LISTS)
    items = each("all", over=output_of("names", "names"), arguments={"place": Item()})
    not_a_list = each("all", over=output_of("names", "count"))
    unclear = each("all", over=output_of("names", "names[*]"))
    again = each("more", over=output_of("all"), arguments={"place": Item(path="report")})

    assert compiled(names, items, again).steps
    assert compiled(names, unclear).steps
    assert reasons(names, not_a_list) == [(ReasonCode.TYPE_MISMATCH, "all")]
    assert reasons(names, items, call("two", arguments={"place": output_of("all")})) == [
        (ReasonCode.TYPE_MISMATCH, "two")
    ]


def test_a_map_keeps_the_name_of_its_list_to_itself() -> None:
    mine = {"over": Value(value="mine")}
    steps = (
        call("names", LISTS),
        each("all", over=output_of("names"), service=OPEN, arguments=mine),
    )

    assert reasons(*steps) == [(ReasonCode.UNKNOWN_ARGUMENT, "all")]
    assert compiled(call("one", OPEN, arguments=mine)).steps


@pytest.mark.parametrize(
    "schema",
    [
        {"required": [{}, ["place"], 7, "place"], "properties": {"place": True, "x": {}}},
        {"required": "place", "properties": ["place"]},
        {"properties": {"place": {"$ref": "#/properties/x/y"}}},
        {"properties": {"place": {"type": {"a": []}, "items": 5}}},
    ],
)
def test_a_malformed_schema_of_a_service_is_survived(schema: Schema) -> None:
    odd = listing("odd", input_schema=schema, output_schema=schema)
    steps = (call("one", odd), call("two", odd, arguments={"place": output_of("one", "place")}))

    try:
        compiled(*steps, known=catalogue(odd))
    except DraftRefused as refused:
        assert {reason.code for reason in refused.reasons} == {ReasonCode.UNKNOWN_ARGUMENT}  # noqa: PT017 - either outcome is allowed


ids = st.sampled_from(["a", "b", "c", "missing"])
paths = st.none() | st.sampled_from(["report", "names", "a.[", "", "names[0]", "town"])
bindings: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(dict, kind=st.just("value"), value=st.sampled_from(["Oslo", 7, None, [1], {}])),
    st.builds(dict, kind=st.just("output"), step=ids, path=paths),
    st.builds(dict, kind=st.just("item"), path=paths),
)
arguments = st.dictionaries(st.sampled_from(["place", "over", "town"]), bindings, max_size=2)
listings = st.sampled_from([*KNOWN, "GET https://stranger.example"])
undos: st.SearchStrategy[dict[str, str] | None] = st.none() | st.builds(
    dict, action=st.sampled_from(["refund_claim", "none"]), note=st.sampled_from(["", "words"])
)
common: dict[str, Any] = {
    "id": st.sampled_from(["a", "b", "c"]),
    "title": st.text(max_size=3),
    "after": st.lists(ids, max_size=1),
    "when": st.none() | st.builds(dict, step=ids, outcome=st.booleans()),
}
buying: dict[str, Any] = {
    "service": listings,
    "alternates": st.lists(listings, max_size=1),
    "arguments": arguments,
    "undo": undos,
}
looking: dict[str, Any] = {
    "inputs": arguments,
    "expression": st.sampled_from(["@", "a", "", "a.[", "x.names"]),
}
steps_of_any_kind = st.one_of(
    st.fixed_dictionaries({"kind": st.just("service_call"), **common, **buying}),
    st.fixed_dictionaries({"kind": st.just("data_transform"), **common, **looking}),
    st.fixed_dictionaries({"kind": st.just("conditional"), **common, **looking}),
    st.fixed_dictionaries(
        {
            "kind": st.just("map"),
            **common,
            **buying,
            "over": st.builds(dict, kind=st.just("output"), step=ids, path=paths),
            "max_items": st.integers(1, 100),
        }
    ),
)


@given(steps=st.lists(steps_of_any_kind, max_size=4), budget=st.integers(0, 10**8))
def test_any_draft_is_refused_or_a_plan_with_nothing_left_open(
    steps: list[dict[str, Any]], budget: int
) -> None:
    try:
        made = Draft.model_validate({"steps": steps})
    except ValidationError:
        return
    money = Amount(asset=BUDGET.asset, base_units=budget)

    try:
        plan = compile_plan(made, request="r", catalogue=KNOWN, budget=money)
    except DraftRefused as refused:
        assert refused.reasons  # noqa: PT017 - either outcome is allowed
        return

    assert_complete(plan, money)


@given(
    content=st.recursive(st.none() | st.integers() | st.text(max_size=4), st.lists, max_leaves=4)
)
def test_what_is_no_draft_never_reaches_the_compiler(content: Any) -> None:
    with pytest.raises(ValidationError):
        Draft.model_validate(content)


def assert_complete(plan: Plan, budget: Amount) -> None:
    """Every reference of ``plan`` resolves, and its price is within ``budget``."""
    named = {step.id for step in plan.steps}
    used: set[ListingId] = set()
    for step in plan.steps:
        assert named.issuperset(dependencies(step))
        if isinstance(step, PaidStep):
            used |= {one.listing_id for one in plan.offers_for(step)}
            assert step.undo is not None
    assert [one.listing_id for one in plan.offers] == sorted(used)
    assert graph.topological_order({step.id: dependencies(step) for step in plan.steps})
    assert plan.estimated_cost <= budget
    assert Plan.model_validate_json(plan.model_dump_json()).digest == plan.digest


def test_a_large_honest_draft_is_a_plan_in_which_all_resolves() -> None:
    steps: list[Step] = [call("s0", LISTS)]
    for number in range(1, 50):
        source = output_of(f"s{number - 1}", "names[0]")
        steps.append(call(f"s{number}", LISTS, arguments={"place": source}, alternates=(SPARE.id,)))

    plan = compiled(*steps)

    assert_complete(plan, BUDGET)
    assert plan.request == "the weather"
    assert plan.asset == BUDGET.asset


def test_the_order_of_the_catalogue_does_not_change_the_digest() -> None:
    backwards: dict[ListingId, ServiceListing] = {one: KNOWN[one] for one in reversed(KNOWN)}
    steps = (call("one"), call("two", FINAL))

    assert compiled(*steps).digest == compiled(*steps, known=backwards).digest
    assert compiled(*steps).digest != compiled(*steps, request="another").digest


def test_a_draft_of_the_builders_is_a_plan() -> None:
    assert compiled(*draft().steps).digest


TYPED: list[tuple[str, tuple[Step, ...], str]] = [
    (
        "a transform asks for a name that is not there",
        (call("names", LISTS), reshape("one", {"x": output_of("names")}, "x.titles")),
        "there is no 'titles', only names, count",
    ),
    (
        "a transform takes an input that is not there",
        (call("names", LISTS), reshape("one", {"x": output_of("names", "titles")}, "x")),
        "input x: there is no 'titles'",
    ),
    (
        "a transform gives what its consumer cannot take",
        (
            call("names", LISTS),
            reshape("one", {"x": output_of("names", "names")}, "x[:2]"),
            call("two", arguments={"place": output_of("one")}),
        ),
        "of one, value is array or null, but string is wanted",
    ),
    (
        "a decision can never be true",
        (
            call("names", LISTS),
            decide("ask", {"x": output_of("names", "count")}, "x == 'many'"),
            call("two", when=Gate(step=StepId("ask"), outcome=True)),
        ),
        "never equals",
    ),
    (
        "a map goes over what is no list",
        (
            call("names", LISTS),
            each("all", over=output_of("names", "count"), arguments={"place": Item()}),
        ),
        "the list it maps: value is integer or null, but array is wanted",
    ),
    (
        "a map's item is not what its service takes",
        (
            reshape("made", {}, "[`1`, `2`]"),
            each("all", over=output_of("made"), arguments={"place": Item()}),
        ),
        "argument place of weather: value is integer, but string is wanted",
    ),
]


@pytest.mark.parametrize(("steps", "said"), [t[1:] for t in TYPED], ids=[t[0] for t in TYPED])
def test_what_an_expression_gives_must_fit_what_takes_it(
    steps: tuple[Step, ...], said: str
) -> None:
    with pytest.raises(DraftRefused) as refused:
        compiled(*steps)

    assert [reason.code for reason in refused.value.reasons] == [ReasonCode.TYPE_MISMATCH]
    assert said in refused.value.message


def test_a_transform_that_fits_is_part_of_a_plan() -> None:
    steps = (
        call("names", LISTS),
        reshape("one", {"x": output_of("names", "names")}, "join(', ', x[:2])"),
        call("two", arguments={"place": output_of("one")}),
    )

    assert compiled(*steps).step(StepId("one")) == steps[1]
