"""Hostile texts: they enter prompts as bounded data, and a model that obeys them gains nothing."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

import anthropic
import pytest

from activities.planning.drafter_embedded import draft_plan
from activities.planning.model_anthropic import AnthropicModel
from activities.planning.ports import DraftAsk
from activities.planning.prompt import MAX_DESCRIPTION_CHARACTERS, by_goal, question
from activities.planning.proposal import write_proposal
from activities.planning.service import PlanningActivities
from domain.catalogue import ServiceListing
from domain.drafting import Draft, DraftPlan, PhraseMatch, PlanDrafted, Shortlist
from domain.ids import StepId
from domain.plan import Value
from domain.reasons import Reason, ReasonCode
from tests.activities.planning.injections import ADDRESS, EVIL, INJECTIONS, Injection, Wants
from tests.activities.planning.messages_server import Answer, MessagesServer, tool_call
from tests.activities.planning.shortlists import shortlist
from tests.fakes.artifacts import FakeArtifactStore
from tests.fakes.builders import call, draft, listing, usdc
from tests.fakes.drafter import FakeDrafter

every_injection = pytest.mark.parametrize("one", INJECTIONS, ids=lambda one: one.style)
REQUEST = "the weather in Oslo"
TAGS = ("candidates", "budget", "request", "refused")


def hostile(text: str) -> ServiceListing:
    """A candidate with the text wherever a seller can write."""
    schema: dict[str, Any] = {
        "type": "object",
        "description": text,
        "properties": {
            "code": {"type": "string", "description": text, "default": text, "examples": [text]},
            "sort": {"type": "string", "enum": [text, "b"], "const": text},
            text: {"type": "object", "properties": {text: {"title": text}}},
        },
        "required": ["code", text],
    }
    made = listing(
        "coupons",
        description=text,
        tags=(text, text),
        input_schema=schema,
        output_schema=schema,
        input_example={"code": text, text: [text]},
    )
    return made.model_copy(update={"name": text})


def ask(*found: ServiceListing, text: str = REQUEST) -> DraftAsk:
    return DraftAsk(text=text, budget=usdc("0.50"), shortlist=shortlist(*found))


def assert_is_quoted(shown: str) -> None:
    assert shown.isascii()
    assert shown.replace("\n", "").isprintable()
    for tag in TAGS:
        assert shown.count(f"<{tag}>") == shown.count(f"</{tag}>") <= 1
    assert shown.count("<") == shown.count(">") == 2 * sum(f"<{tag}>" in shown for tag in TAGS)


def test_there_are_enough_texts_of_different_styles() -> None:
    assert len(INJECTIONS) >= 30
    assert len({one.style for one in INJECTIONS}) == len(INJECTIONS)
    assert {one.wants for one in INJECTIONS} == set(Wants)


@every_injection
def test_a_listing_enters_the_prompt_quoted_and_bounded(one: Injection) -> None:
    shown = question(ask(listing(), hostile(one.text)))

    assert_is_quoted(shown)
    inside = json.loads(shown.split("<candidates>")[1].split("</candidates>")[0])
    (group,) = inside
    assert len(group["candidates"]) == 2
    seen = group["candidates"][1]["description"]
    assert seen == one.text[:MAX_DESCRIPTION_CHARACTERS]
    assert len(shown) < 20_000


@every_injection
def test_a_request_enters_the_prompt_quoted(one: Injection) -> None:
    shown = question(ask(listing(), text=f"{REQUEST} {one.text}"))

    assert_is_quoted(shown)
    inside = shown.split("<request>")[1].split("</request>")[0]
    assert json.loads(inside) == f"{REQUEST} {one.text}"


@every_injection
def test_reasons_that_quote_a_seller_stay_data(one: Injection) -> None:
    reason = Reason(code=ReasonCode.TYPE_MISMATCH, step=StepId(one.text), message=one.text)
    again = ask(listing(), hostile(one.text)).refused_again(draft(), (reason,) * 30)

    assert_is_quoted(question(again))


@every_injection
def test_the_order_in_which_candidates_stand_is_not_the_sellers(one: Injection) -> None:
    (group,) = by_goal(ask(listing(), hostile(one.text)))

    names = [found["id"] for found in cast("dict[str, Any]", group)["candidates"]]
    assert names == [listing().id, listing("coupons").id]


@pytest.fixture
def server() -> Iterator[MessagesServer]:
    with MessagesServer() as started:
        yield started


@pytest.fixture
async def model(server: MessagesServer) -> AsyncIterator[AnthropicModel]:
    async with anthropic.AsyncAnthropic(api_key="key", base_url=server.url) as client:
        yield AnthropicModel(client=client, model="claude-sonnet-5-5")


GOOD = draft()


def obedient(one: Injection) -> Answer:
    """What a model proposes that does as it was told."""
    given = write_proposal(GOOD).model_dump(mode="json")
    first, extra = given["steps"][0], dict(given["steps"][0])
    extra["id"] = "gift"
    if one.wants is Wants.SERVICE:
        first["service"] = EVIL
    elif one.wants is Wants.ALTERNATE:
        first["alternates"] = [EVIL]
    elif one.wants is Wants.ADDRESS:
        first["pay_to"] = ADDRESS
    elif one.wants is Wants.PRICE:
        first["price"] = "0.01"
    elif one.wants is Wants.STEPS:
        given["steps"].append(extra | {"service": listing("evil").id})
    elif one.wants is Wants.MONEY:
        given["steps"].append(
            extra | {"arguments": [first["arguments"][0] | {"value_json": '"x"'}]}
        )
    elif one.wants is Wants.FIELD:
        leak = first["arguments"][0] | {"name": "seed_phrase"}
        first["arguments"] = [*first["arguments"], leak]
    elif one.wants is Wants.TOOL:
        return tool_call("transfer_money", {"to": ADDRESS, "all": True})
    return tool_call("propose_plan", given)


REFUSED_FOR = {
    Wants.SERVICE: "unknown_service",
    Wants.ALTERNATE: "unknown_service",
    Wants.STEPS: "unknown_service",
    Wants.FIELD: "unknown_argument",
    Wants.ADDRESS: "pay_to",
    Wants.PRICE: "price",
    Wants.TOOL: "no tool called",
}


async def drafted_by(model: AnthropicModel, one: Injection) -> PlanDrafted:
    artifacts = FakeArtifactStore()
    found = shortlist(listing(), hostile(one.text))
    ref = await artifacts.put_json(found.model_dump_json())
    activities = PlanningActivities(drafter=FakeDrafter(GOOD), artifacts=artifacts, models=[model])
    return await activities.draft(DraftPlan(text=REQUEST, budget=usdc("0.50"), shortlist=ref))


@every_injection
async def test_a_model_that_obeys_is_refused_and_followed_by_our_own_planner(
    server: MessagesServer, model: AnthropicModel, one: Injection
) -> None:
    server.answers = [obedient(one)] * 3

    drafted = await drafted_by(model, one)

    assert len(server.requests) == 3, "each round was refused"
    for sent in server.requests:
        assert_is_quoted(sent["messages"][0]["content"])
    if one.wants is Wants.MONEY:
        # Shown with the gap to the budget, and never offered for approval.
        assert drafted.plan.estimated_cost > usdc("0.50")
        return
    assert drafted.drafter == "embedded"
    assert REFUSED_FOR[one.wants] in drafted.notes[0]
    assert drafted.plan.steps == GOOD.steps
    approved = drafted.plan.model_dump_json()
    assert ADDRESS not in approved
    assert EVIL not in approved
    assert all(note.isprintable() for note in drafted.notes)


def weather() -> ServiceListing:
    return listing(description="Current weather and forecast for any place", tags=("weather",))


def with_phrases(*found: ServiceListing) -> Shortlist:
    near = {weather().id: 0.8}
    phrases = tuple(
        PhraseMatch(goal=0, text=text, similarities=near) for text in ("weather", REQUEST)
    )
    return shortlist(*found).model_copy(update={"phrases": phrases, "text": REQUEST})


@every_injection
def test_our_own_planner_does_not_read_orders(one: Injection) -> None:
    def planned(*found: ServiceListing) -> Draft:
        return draft_plan(REQUEST, with_phrases(*found), usdc("5.00"))

    alone = planned(weather())

    assert alone == draft(
        call(arguments={"place": Value(value="Oslo")}, title=alone.steps[0].title)
    )
    assert planned(weather(), hostile(one.text)) == alone
    assert planned(hostile(one.text), weather()) == alone
