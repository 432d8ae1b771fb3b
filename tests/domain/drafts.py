"""Services and rules that tests of drafts begin with."""

import pytest

from domain.compiler import compile_plan
from domain.drafting import Catalogue, Draft
from domain.ids import StepId
from domain.money import Amount
from domain.plan import Plan, Step, Undo
from domain.reasons import DraftRefused, ReasonCode
from tests.fakes.builders import catalogue, listing, usdc

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
