"""The judge accepts a right plan for every label, and says what is wrong with others."""

from collections.abc import Mapping
from functools import cache

import pytest

from activities.discovery.bazaar_items import listing_from
from domain.catalogue import ServiceListing
from domain.ids import ListingId
from domain.plan import Conditional, Plan, ServiceCall, Value
from tests.evals.asking import Asked, need, shape
from tests.evals.building import Impossible, right_plan
from tests.evals.evaluated import EVALUATED, OWN, Evaluated
from tests.evals.judging import in_short, problem_with
from tests.evals.markets import BY_KEY
from tests.evals.product import BAZAAR_URL, BUDGET
from tests.evals.selling import item

_BY_ID = {asked.id: asked for asked in OWN.requests}
_BAZAAR = {asked.id: one for one in EVALUATED for asked in one.requests}
_PLANNABLE = [asked for asked in OWN.requests if asked.shapes]
_STRANGERS = [one for one in EVALUATED if one is not OWN]

_LEAST_PROVEN = 0.85
"""Share of strangers' labels that our simple builder must be able to fulfil; it cannot count out a
chain where two services give two things each."""


@cache
def listings(name: str) -> Mapping[ListingId, ServiceListing]:
    (bazaar,) = (one for one in EVALUATED if one.name == name)
    return {s.id: listing_from(item(s), bazaar=BAZAAR_URL) for s in bazaar.listings}


def names(asked: Asked) -> Mapping[ListingId, str]:
    return _BAZAAR[asked.id].key_of


def built(asked: Asked) -> Plan:
    return right_plan(asked, asked.shapes[0], listings(_BAZAAR[asked.id].name), BUDGET)


def can_be_met(asked: Asked) -> bool:
    for one in asked.shapes:
        try:
            plan = right_plan(asked, one, listings(_BAZAAR[asked.id].name), BUDGET)
        except Impossible:
            continue
        if problem_with(plan, asked.shapes, names(asked)) is None:
            return True
    return False


@pytest.mark.parametrize("asked", _PLANNABLE, ids=lambda asked: asked.id)
def test_a_right_plan_exists_for_every_label_and_is_accepted(asked: Asked) -> None:
    assert problem_with(built(asked), asked.shapes, names(asked)) is None


@pytest.mark.parametrize("bazaar", _STRANGERS, ids=lambda one: one.name)
def test_right_plans_exist_for_nearly_all_labels_of_strangers(bazaar: Evaluated) -> None:
    met = [can_be_met(asked) for asked in bazaar.requests if asked.shapes]

    assert sum(met) >= _LEAST_PROVEN * len(met)


def test_another_service_is_not_right() -> None:
    plan = _with_service(built(_BY_ID["clock"]), "sunclock")

    assert "no step buys it" in str(problem_with(plan, _BY_ID["clock"].shapes, OWN.key_of))


def test_another_value_is_not_right() -> None:
    plan = _with_argument(built(_BY_ID["clock"]), "city", "Oslo")

    assert problem_with(plan, _BY_ID["clock"].shapes, OWN.key_of) == "it is not given 'Auckland'"


@pytest.mark.parametrize("spelling", ["auckland", " Auckland. ", "AUCKLAND"])
def test_case_and_the_marks_around_a_value_do_not_matter(spelling: str) -> None:
    plan = _with_argument(built(_BY_ID["clock"]), "city", spelling)

    assert problem_with(plan, _BY_ID["clock"].shapes, OWN.key_of) is None


def test_values_in_each_others_places_are_not_right() -> None:
    asked = _BY_ID["drive"]
    plan = built(asked)
    (step,) = plan.steps
    assert isinstance(step, ServiceCall)
    swapped = {
        "origin": step.arguments["destination"],
        "destination": step.arguments["origin"],
    }
    wrong = _replaced(plan, step.model_copy(update={"arguments": swapped}))

    assert "not given" in str(problem_with(wrong, asked.shapes, OWN.key_of))


def test_a_chain_that_is_not_joined_is_not_right() -> None:
    asked = _BY_ID["page-summary"]
    plan = built(asked)
    step = plan.steps[-1]
    assert isinstance(step, ServiceCall)
    cut = {name: Value(value="https://blog.example/launch") for name in step.arguments}
    wrong = _replaced(plan, step.model_copy(update={"arguments": cut}))

    assert "not joined as page -> summary" in str(problem_with(wrong, asked.shapes, OWN.key_of))


def test_a_needless_step_is_not_right() -> None:
    asked = _BY_ID["clock"]
    plan = built(asked)
    (step,) = plan.steps
    again = step.model_copy(update={"id": "again"})
    wrong = plan.model_copy(update={"steps": (step, again)})

    assert problem_with(wrong, asked.shapes, OWN.key_of) == "2 paid steps where 1 will do"


def test_a_list_bought_once_is_not_right() -> None:
    asked = _BY_ID["read-results"]
    once = shape(*(need(n.name, *sorted(n.services)) for n in asked.shapes[0].needs))

    problem = problem_with(built(asked), [once], OWN.key_of)
    assert problem == "pages should be bought once"


@pytest.mark.parametrize(
    "asked", [a for a in _PLANNABLE if a.kind == "conditional"], ids=lambda asked: asked.id
)
def test_a_condition_the_wrong_way_round_is_not_right(asked: Asked) -> None:
    plan = built(asked)
    turned = [
        step.model_copy(update={"expression": f"!({step.expression})"})
        if isinstance(step, Conditional)
        else step
        for step in plan.steps
    ]
    wrong = plan.model_copy(update={"steps": tuple(turned)})

    assert "only if" in str(problem_with(wrong, asked.shapes, names(asked)))


def test_a_step_that_runs_whatever_the_answer_is_not_right() -> None:
    asked = _BY_ID["if-smog"]
    plan = built(asked)
    always = tuple(step.model_copy(update={"when": None}) for step in plan.steps)
    wrong = plan.model_copy(update={"steps": always})

    assert "only if" in str(problem_with(wrong, asked.shapes, OWN.key_of))


def test_a_step_that_may_not_run_is_not_right_where_nobody_asked_for_that() -> None:
    asked = _BY_ID["if-smog"]
    free = shape(*(need(n.name, *sorted(n.services)) for n in asked.shapes[0].needs))

    assert problem_with(built(asked), [free], OWN.key_of) is not None


def test_any_of_several_shapes_will_do() -> None:
    asked = _BY_ID["clock"]
    other = shape(need("other", "sunclock"))

    assert problem_with(built(asked), [other, *asked.shapes], OWN.key_of) is None


def test_a_plan_in_short_names_services_values_and_what_is_fed() -> None:
    said = in_short(built(_BY_ID["page-summary"]), OWN.key_of)

    assert "pagegrab(url='https://blog.example/launch')" in said
    assert "<-" in said


def _replaced(plan: Plan, step: ServiceCall) -> Plan:
    steps = tuple(step if one.id == step.id else one for one in plan.steps)
    return plan.model_copy(update={"steps": steps})


def _with_service(plan: Plan, key: str) -> Plan:
    (step,) = plan.steps
    assert isinstance(step, ServiceCall)
    return _replaced(plan, step.model_copy(update={"service": BY_KEY[key].id}))


def _with_argument(plan: Plan, name: str, value: str) -> Plan:
    (step,) = plan.steps
    assert isinstance(step, ServiceCall)
    arguments = {**step.arguments, name: Value(value=value)}
    return _replaced(plan, step.model_copy(update={"arguments": arguments}))
