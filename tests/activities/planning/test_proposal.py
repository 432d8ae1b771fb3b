"""The form in which a model writes drafts."""

import json

import anthropic
from hypothesis import given
from hypothesis import strategies as st

from activities.planning.proposal import (
    MAX_TITLE_CHARACTERS,
    Proposal,
    one_line,
    read_draft,
    write_proposal,
)
from domain.drafting import Draft
from domain.ids import StepId
from domain.plan import Gate, Item, Output, Value
from tests.activities.planning.shortlists import shortlist
from tests.domain.test_ids import json_values
from tests.fakes.builders import call, decide, draft, each, listing, output_of, reshape, usdc

SHORTLIST = shortlist(listing(), listing("unrefundable", refund=None))
EVERY_KIND = draft(
    call(arguments={"place": Value(value={"deep": [1, None, "x"]})}),
    reshape("towns", {"all": output_of("weather", "towns")}, "all[:3]"),
    decide("warm", {"t": output_of("weather")}, "t > `3`"),
    each(
        "reports",
        over=Output(step=StepId("towns")),
        service=listing("unrefundable", refund=None),
        arguments={"place": Item(path="name"), "other": Item()},
        alternates=(listing().id,),
        when=Gate(step=StepId("warm"), outcome=True),
        after=(StepId("weather"),),
    ),
)


def read_back(of: Draft) -> Draft:
    written = json.loads(write_proposal(of).model_dump_json())
    return read_draft(written, shortlist=SHORTLIST, budget=usdc("1.00"))


def test_a_draft_of_every_kind_survives_being_written_and_read() -> None:
    assert read_back(EVERY_KIND) == EVERY_KIND


@given(value=json_values, path=st.none() | st.text(min_size=1).filter(str.isascii))
def test_any_value_and_path_survive(value: object, path: str | None) -> None:
    arguments = {"a": Value(value=value), "b": output_of("weather", path)}  # type: ignore[arg-type]
    of = draft(call(), call("next", arguments=arguments))

    assert read_back(of) == of


def test_how_a_step_is_undone_follows_from_the_listing_alone() -> None:
    first, *_, last = read_back(EVERY_KIND).steps

    assert first.undo is not None  # type: ignore[union-attr]
    assert first.undo.action == "refund_claim"  # type: ignore[union-attr]
    assert last.undo.action == "none"  # type: ignore[union-attr]


@given(st.text())
def test_a_title_is_one_printable_line(title: str) -> None:
    shown = read_back(draft(call(title=one_line(title) or "x"))).steps[0].title

    assert shown.isprintable()
    assert 0 < len(shown) <= MAX_TITLE_CHARACTERS


def test_the_schema_stays_inside_what_strict_tools_can_express() -> None:
    text = json.dumps(anthropic.transform_schema(Proposal))

    assert "anyOf" not in text
    assert "null" not in text
    assert text.count('"additionalProperties": false') == text.count('"type": "object"')
